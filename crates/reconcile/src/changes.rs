//! What a pass does to one derived thing, for people and for dry runs.

use serde::Serialize;

/// Created or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// No longer holds.
    Remove,
    /// Newly holds.
    Create,
}

/// One change of one rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The rule.
    pub rule: String,
    /// What happens.
    pub kind: ChangeKind,
    /// The link's type or the finding's kind.
    pub what: String,
    /// Where a link starts, or what a finding concerns: label and key.
    pub source: String,
    /// Where a link ends: label and key.
    pub target: Option<String>,
    /// What to look at.
    pub evidence: String,
}
