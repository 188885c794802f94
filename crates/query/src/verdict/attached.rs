//! What is attached to an image: signatures, attestations, scans, and the keys that were tried.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::try_join3;
use polar_graph::{GraphError, GraphStore, Row};
use polar_model::Value;

use super::{Answer, Image, Reading, Reason, Verdict, grouped, readings};
use crate::rows::for_keys;

/// What is attached to an image, and whether that is all.
pub(super) struct Evidence {
    artifacts: Vec<Row>,
    tried: Vec<Row>,
    complete: Completeness,
}

/// Whether all that is attached in a repository of the image is known.
enum Completeness {
    Read(Reading),
    /// In so many words, why not.
    Not(Reason, String),
}

/// What is attached to each of the images, in their order.
pub(super) async fn evidence(
    store: &dyn GraphStore,
    images: &[Image],
) -> Result<Vec<Evidence>, GraphError> {
    let of_images = async |statement| {
        let keys = images.iter().map(|image| image.key.as_str());
        let rows = for_keys(store, &statement, keys).await?;
        Ok::<_, GraphError>(grouped(rows, "image"))
    };
    let (mut artifacts, mut tried, holders) = try_join3(
        of_images(cypher!("verdict-attached")),
        of_images(cypher!("verdict-keys")),
        of_images(cypher!("verdict-holders")),
    )
    .await?;
    let known = known(store, &holders).await?;
    let evidence = |image: &Image| {
        let key = image.key.as_str();
        let scopes = holders.get(key).map(|rows| scopes(rows));
        let last = scopes
            .iter()
            .flatten()
            .filter_map(|scope| known.get(*scope))
            .max_by_key(|reading| reading.at);
        Evidence {
            artifacts: artifacts.remove(key).unwrap_or_default(),
            tried: tried.remove(key).unwrap_or_default(),
            complete: complete(image, last),
        }
    };
    Ok(images.iter().map(evidence).collect())
}

/// The repositories that hold an image, and their registries.
fn scopes(holders: &[Row]) -> BTreeSet<&str> {
    let scopes = holders
        .iter()
        .flat_map(|row| [row.text("repository"), row.text("registry")]);
    scopes.collect()
}

/// What of the scopes was read completely, by scope.
async fn known(
    store: &dyn GraphStore,
    holders: &BTreeMap<String, Vec<Row>>,
) -> Result<BTreeMap<String, Reading>, GraphError> {
    let scopes: BTreeSet<&str> = holders.values().flat_map(|rows| scopes(rows)).collect();
    let keys = scopes.iter().map(|scope| format!("attached|{scope}"));
    let known = readings(store, keys).await?;
    let by_scope = known
        .into_iter()
        .map(|reading| (reading.scope.clone(), reading));
    Ok(by_scope.collect())
}

fn complete(image: &Image, last: Option<&Reading>) -> Completeness {
    let Some(last) = last else {
        let why = "what is attached in its repository was never read completely";
        return Completeness::Not(Reason::NotRead, why.to_owned());
    };
    let seen = image.first_seen.or(image.pushed_at);
    match seen {
        Some(seen) if last.at >= seen => Completeness::Read(last.clone()),
        _ => {
            let why = format!(
                "what is attached in {} was read completely at {}, before the image was seen",
                last.scope, last.at
            );
            Completeness::Not(Reason::ReadBefore, why)
        }
    }
}

impl Evidence {
    pub(super) fn signed(&self) -> Verdict {
        match self.count("Signature") {
            0 => self.none("signature"),
            count => Verdict::new(Answer::Yes, Reason::Found, number(count, "signature")),
        }
    }

    /// An attestation counts if it says how the image was built.
    pub(super) fn attested(&self) -> Verdict {
        let what = "attestation of provenance";
        let attestations = self.of_kind("Attestation");
        let told: Vec<_> = attestations
            .into_iter()
            .filter(|row| is_provenance(row))
            .collect();
        if told.is_empty() {
            return self.none(what);
        }
        let mut detail = match told.len() {
            1 => format!("1 {what}"),
            several => format!("{several} attestations of provenance"),
        };
        let builders: BTreeSet<_> = told
            .iter()
            .filter_map(|row| row.get("builder").as_str())
            .collect();
        if !builders.is_empty() {
            let builders: Vec<_> = builders.into_iter().collect();
            detail += &format!(": built by {}", builders.join(", "));
        }
        Verdict::new(Answer::Yes, Reason::Found, detail)
    }

    pub(super) fn scanned(&self) -> Verdict {
        let scans = self.of_kind("Scan");
        let Some(scan) = scans.last() else {
            return self.none("scan");
        };
        let counts = ["critical", "high", "medium", "low"].map(|severity| {
            let count = scan.get(severity).as_int();
            count.map(|count| format!("{count} {severity}"))
        });
        let counts: Vec<_> = counts.into_iter().flatten().collect();
        let mut detail = number(scans.len(), "scan");
        if !counts.is_empty() {
            detail += &format!(": {}", counts.join(", "));
        }
        Verdict::new(Answer::Yes, Reason::Found, detail)
    }

    /// A key that counts has to have made any of what is attached; that it did not says something
    /// only where it was tried on a signature.
    pub(super) fn verified(&self, image: &Image) -> Verdict {
        let counting = |tried: &'static str| {
            let counts = |row: &&Row| counts_for(row.get("repositories"), &image.place);
            let tried = move |row: &&Row| row.text("tried") == tried;
            self.tried.iter().filter(tried).filter(counts)
        };
        let made: BTreeSet<_> = counting("VERIFIED_BY")
            .map(|row| row.text("name"))
            .collect();
        if !made.is_empty() {
            let keys: Vec<_> = made.into_iter().collect();
            let detail = format!("by the key {}", keys.join(", "));
            return Verdict::new(Answer::Yes, Reason::Found, detail);
        }
        if self.count("Signature") == 0 {
            return self.none("signature");
        }
        let on_signatures = counting("CHECKED_WITH").filter(|row| row.text("kind") == "Signature");
        let tried: BTreeSet<_> = on_signatures.map(|row| row.text("name")).collect();
        if tried.is_empty() {
            let detail =
                "a signature was found, but not checked with a key that counts for the image";
            return Verdict::new(Answer::Unknown, Reason::NotChecked, detail);
        }
        if let Completeness::Not(reason, why) = &self.complete {
            return Verdict::new(Answer::Unknown, *reason, why);
        }
        let tried: Vec<_> = tried.into_iter().collect();
        let mut detail = format!("no signature was made with the key {}", tried.join(", "));
        let reasons: BTreeSet<_> = self
            .of_kind("Signature")
            .into_iter()
            .filter_map(|row| row.get("reason").as_str())
            .collect();
        if !reasons.is_empty() {
            let reasons: Vec<_> = reasons.into_iter().collect();
            detail += &format!(": {}", reasons.join("; "));
        }
        Verdict::new(Answer::No, Reason::NoKeyVerifies, detail)
    }

    fn of_kind(&self, kind: &str) -> Vec<&Row> {
        let artifacts = self.artifacts.iter();
        artifacts.filter(|row| row.text("kind") == kind).collect()
    }

    fn count(&self, kind: &str) -> usize {
        self.of_kind(kind).len()
    }

    /// The answer where there is none.
    pub(super) fn none(&self, what: &str) -> Verdict {
        match &self.complete {
            Completeness::Read(reading) => {
                let Reading { scope, at } = reading;
                let detail = format!(
                    "no {what} was found: all that is attached in {scope} was read at {at}"
                );
                Verdict::new(Answer::No, Reason::NotFound, detail)
            }
            Completeness::Not(reason, why) => Verdict::new(Answer::Unknown, *reason, why),
        }
    }
}

/// Whether a key counts for a place, `registry/repository/`: it has no prefixes, or one fits.
pub(crate) fn counts_for(prefixes: &Value, place: &str) -> bool {
    match prefixes {
        Value::List(prefixes) => prefixes
            .iter()
            .filter_map(Value::as_str)
            .any(|prefix| place.starts_with(prefix)),
        _ => true,
    }
}

/// Whether an attestation is one of provenance: by its type, or since it says what that says.
fn is_provenance(row: &Row) -> bool {
    row.text("artifact_type").contains("slsa.dev/provenance")
        || row.get("builder").as_str().is_some()
        || row.get("source").as_str().is_some()
}

fn number(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
