//! What is attached to the image: attestations and scans.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};

use super::{
    Outcome, State,
    image::Image,
    of_verdict,
    pattern::any_fits,
    policy::{Attested, Scanned},
};
use crate::{
    Verdict,
    rows::for_keys,
    verdict::{counts_for, lacking},
};

async fn of_kind(
    store: &dyn GraphStore,
    image: &Image,
    kind: &str,
) -> Result<Vec<Row>, GraphError> {
    let statement = cypher!("gate-attached").with("key", image.key.as_str());
    let mut rows = store.read(statement).await?;
    rows.retain(|row| row.text("kind") == kind);
    Ok(rows)
}

/// Whether an attestation of a wanted type is attached.
pub(super) async fn attested(
    store: &dyn GraphStore,
    image: &Image,
    asked: &Attested,
) -> Result<Outcome, GraphError> {
    let wanted = asked.types.as_deref();
    let is_wanted = |row: &Row| {
        let kind = row.text("artifact_type");
        wanted.is_none_or(|wanted| any_fits(wanted, kind))
    };
    let mut rows = of_kind(store, image, "Attestation").await?;
    rows.retain(is_wanted);
    if rows.is_empty() {
        let what = match wanted {
            Some(types) => format!("attestation of type {}", types.join(" or ")),
            None => "attestation".to_owned(),
        };
        return Ok(of_verdict(&lacking(store, &image.key, &what).await?));
    }
    let types: BTreeSet<_> = rows.iter().map(|row| row.text("artifact_type")).collect();
    let told = |kind: &str| {
        if kind.is_empty() {
            "of unknown type"
        } else {
            kind
        }
        .to_owned()
    };
    let types: Vec<_> = types.into_iter().map(told).collect();
    if asked.verified {
        let (state, by) = verified(store, image, &rows).await?;
        return Ok((state, format!("{}, {by}", types.join(", "))));
    }
    Ok((State::Met, types.join(", ")))
}

/// Whether a key that counts for the image made the signature of one of some attestations; if none
/// was tried on any of them, nobody knows.
async fn verified(
    store: &dyn GraphStore,
    image: &Image,
    attestations: &[Row],
) -> Result<Outcome, GraphError> {
    let place = format!("{}/", image.name);
    let tried = for_keys(store, &cypher!("verdict-keys"), [image.key.as_str()]).await?;
    let counts = |row: &&Row| {
        let artifact = row.text("artifact");
        counts_for(row.get("repositories"), &place)
            && attestations
                .iter()
                .any(|row| row.text("artifact") == artifact)
    };
    let counting: Vec<_> = tried.iter().filter(counts).collect();
    let made = counting
        .iter()
        .find(|row| row.text("tried") == "VERIFIED_BY");
    Ok(match made {
        Some(row) => (
            State::Met,
            format!("signed with the key {}", row.text("name")),
        ),
        None if counting.is_empty() => {
            let detail = "on which no key that counts for the image was tried";
            (State::Unknown, detail.to_owned())
        }
        None => {
            let detail = "whose signature no key that counts for the image made";
            (State::NotMet, detail.to_owned())
        }
    })
}

/// Whether the newest scan of each of its manifests that was scanned keeps within the bounds.
pub(super) async fn scanned(
    store: &dyn GraphStore,
    image: &Image,
    asked: &Scanned,
    verdict: &Verdict,
) -> Result<Outcome, GraphError> {
    let rows = of_kind(store, image, "Scan").await?;
    if rows.is_empty() {
        return Ok(of_verdict(verdict));
    }
    let mut worst = State::Met;
    let mut details = Vec::new();
    for scan in newest(&rows) {
        let bounds = [("critical", asked.max_critical), ("high", asked.max_high)];
        for (severity, max) in bounds {
            let Some(max) = max else { continue };
            let (state, detail) = bounded(scan, severity, max);
            worst = worst.max(state);
            details.push((state, detail));
        }
    }
    let mut details: Vec<_> = details
        .into_iter()
        .filter(|(state, _)| *state == worst)
        .map(|(_, detail)| detail)
        .collect();
    details.sort();
    details.dedup();
    if details.is_empty() {
        return Ok(of_verdict(verdict));
    }
    Ok((worst, details.join("; ")))
}

/// The newest scan of each manifest; where one of them has no time, all of them, as nobody knows.
fn newest(rows: &[Row]) -> Vec<&Row> {
    let mut of_manifest: BTreeMap<&str, Vec<(Option<Timestamp>, &Row)>> = BTreeMap::new();
    for row in rows {
        let scans = of_manifest.entry(row.text("manifest")).or_default();
        scans.push((row.time("created_at"), row));
    }
    let mut newest = Vec::new();
    for mut scans in of_manifest.into_values() {
        if scans.iter().all(|(at, _)| at.is_some()) {
            let last = scans.iter().map(|(at, _)| *at).max().flatten();
            scans.retain(|(at, _)| *at == last);
        }
        newest.extend(scans.into_iter().map(|(_, row)| row));
    }
    newest
}

fn bounded(scan: &Row, severity: &str, max: u32) -> Outcome {
    let manifest = scan.text("manifest");
    match scan.get(severity).as_int() {
        None => {
            let detail = format!("the scan of {manifest} does not tell how many are {severity}");
            (State::Unknown, detail)
        }
        Some(count) if count <= i64::from(max) => {
            (State::Met, format!("{count} {severity}, at most {max}"))
        }
        Some(count) => {
            let detail = format!("{count} {severity} in {manifest}, more than {max}");
            (State::NotMet, detail)
        }
    }
}
