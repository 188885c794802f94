//! Why derived hops are there, and how sure that is.

use jiff::Timestamp;
use polar_graph::Row;
use serde::Serialize;

/// Why a derived hop is there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Derivation {
    /// The rule.
    pub rule: String,
    /// What it saw.
    pub evidence: String,
    /// From 0 to 1.
    pub confidence: f64,
    /// Of an answer as of an earlier time: whether a pass had drawn it by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_then: Option<bool>,
}

/// The columns `rule`, `evidence`, `confidence` and `known` of a row.
pub(crate) fn derivation(row: &Row, at: Option<Timestamp>) -> Derivation {
    let known = row.time("known");
    Derivation {
        rule: row.text("rule").to_owned(),
        evidence: row.text("evidence").to_owned(),
        confidence: row.get("confidence").as_float().unwrap_or_default(),
        known_then: at.map(|at| known.is_some_and(|known| known <= at)),
    }
}

/// Gathers rows that are about the same key, each with one more reason; the most certain first, then
/// by key.
pub(crate) fn gathered(rows: &[Row], at: Option<Timestamp>) -> Vec<(&Row, Vec<Derivation>)> {
    let mut all: Vec<(&Row, Vec<Derivation>)> = Vec::new();
    for row in rows {
        let reason = derivation(row, at);
        match all
            .iter_mut()
            .find(|(known, _)| known.text("key") == row.text("key"))
        {
            Some((_, reasons)) => reasons.push(reason),
            None => all.push((row, vec![reason])),
        }
    }
    for (_, reasons) in &mut all {
        reasons.sort_by(|a, b| {
            let other = b.confidence.total_cmp(&a.confidence);
            other.then_with(|| (&a.rule, &a.evidence).cmp(&(&b.rule, &b.evidence)))
        });
    }
    all.sort_by(|(one, a), (other, b)| {
        let by_best = best(b).total_cmp(&best(a));
        by_best.then_with(|| one.text("key").cmp(other.text("key")))
    });
    all
}

/// How sure the best reason is.
pub(crate) fn best(reasons: &[Derivation]) -> f64 {
    reasons.first().map_or(0.0, |reason| reason.confidence)
}

/// How many of these, the most certain first, the best evidence speaks for.
pub(crate) fn tied(gathered: &[(&Row, Vec<Derivation>)]) -> usize {
    let Some((_, first)) = gathered.first() else {
        return 0;
    };
    let equal = |other: &&(_, Vec<Derivation>)| best(&other.1).total_cmp(&best(first)).is_eq();
    gathered.iter().take_while(equal).count()
}
