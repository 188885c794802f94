//! What is attached to an image: signatures, scans, and the keys that were tried.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore, Row};
use polar_model::Value;

use super::{Answer, Image, Reading, Reason, Verdict, readings};

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

impl Evidence {
    pub(super) async fn of(store: &dyn GraphStore, image: &Image) -> Result<Self, GraphError> {
        let key = image.key.as_str();
        Ok(Self {
            artifacts: store
                .read(cypher!("verdict-attached").with("key", key))
                .await?,
            tried: store.read(cypher!("verdict-keys").with("key", key)).await?,
            complete: complete(store, image).await?,
        })
    }

    pub(super) fn signed(&self) -> Verdict {
        match self.count("Signature") {
            0 => self.none("signature"),
            count => Verdict::new(Answer::Yes, Reason::Found, number(count, "signature")),
        }
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

async fn complete(store: &dyn GraphStore, image: &Image) -> Result<Completeness, GraphError> {
    let holders = store
        .read(cypher!("verdict-holders").with("key", image.key.as_str()))
        .await?;
    let scopes = holders
        .iter()
        .flat_map(|row| [row.text("repository"), row.text("registry")]);
    let scopes: BTreeSet<&str> = scopes.collect();
    let scopes: Vec<Value> = scopes.into_iter().map(Value::from).collect();
    let sources = cypher!("verdict-sources")
        .with("kind", "attached")
        .with("scopes", scopes);
    let known = readings(store, sources).await?;
    let Some(last) = known.into_iter().max_by_key(|reading| reading.at) else {
        let why = "what is attached in its repository was never read completely";
        return Ok(Completeness::Not(Reason::NotRead, why.to_owned()));
    };
    let seen = image.first_seen.or(image.pushed_at);
    Ok(match seen {
        Some(seen) if last.at >= seen => Completeness::Read(last),
        _ => {
            let why = format!(
                "what is attached in {} was read completely at {}, before the image was seen",
                last.scope, last.at
            );
            Completeness::Not(Reason::ReadBefore, why)
        }
    })
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

fn number(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
