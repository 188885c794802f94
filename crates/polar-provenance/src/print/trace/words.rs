//! Words that are told in trees.

use jiff::Timestamp;
use polar_query::{Derivation, Missing};

/// A time to the second.
pub(crate) fn second(at: Timestamp) -> String {
    format!("{at:.0}")
}

/// A hop that is missing.
pub(crate) fn unknown(missing: &Missing) -> String {
    format!("? {}", missing.detail)
}

/// The reason of a derived hop.
pub(crate) fn because(derivation: &Derivation) -> String {
    let later = match derivation.known_then {
        Some(false) => ", not known then",
        _ => "",
    };
    format!(
        "[{} {:?}: {}{later}]",
        derivation.rule, derivation.confidence, derivation.evidence
    )
}

/// The begin of a digest, enough to know it by.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
