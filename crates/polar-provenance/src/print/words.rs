//! Numbers, times, digests and reasons in words.

use jiff::Timestamp;
use polar_query::{Derivation, Missing};

/// `1 pod`, `2 pods`.
pub(super) fn number(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A time to the second.
pub(super) fn second(time: Timestamp) -> String {
    format!("{time:.0}")
}

/// The begin of a digest, enough to know it by.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// A hop that is missing.
pub(super) fn unknown(missing: &Missing) -> String {
    format!("? {}", missing.detail)
}

/// The reason of a derived hop.
pub(super) fn because(derivation: &Derivation) -> String {
    let later = match derivation.known_then {
        Some(false) => ", not known then",
        _ => "",
    };
    format!(
        "[{} {:?}: {}{later}]",
        derivation.rule, derivation.confidence, derivation.evidence
    )
}
