//! The rules that come with the program.

use crate::{Rule, RuleError};

macro_rules! files {
    ($($name:literal,)*) => {
        &[$(($name, include_str!(concat!("../rules/", $name, ".cypher"))),)*]
    };
}

const FILES: &[(&str, &str)] = files![
    "ambiguous-build",
    "ambiguous-commit",
    "built-from-attestation",
    "built-from-digest",
    "built-from-name",
    "built-from-revision",
    "built-from-run",
    "built-from-sha",
    "built-from-time",
    "digest-conflict",
    "pointed-to-by",
    "pointed-to-container",
    "pointed-to-pipeline",
    "pointed-to-registry",
    "resulted-in",
    "resulted-in-by-attested-commit",
    "resulted-in-by-attested-job",
    "resulted-in-by-attested-pipeline",
    "resulted-in-by-digest",
    "resulted-in-by-name",
    "resulted-in-by-revision",
    "resulted-in-by-revision-in-time",
    "resulted-in-by-sha",
    "resulted-in-by-sha-in-time",
    "resulted-in-by-time",
    "retag",
    "reviewed",
    "runs-by-name",
    "runs-bytes",
    "runs-config",
    "runs-reported",
    "same-as",
    "tag-case-collision",
    "unbuilt",
    "unknown-digest",
    "unresolvable",
    "unreviewed",
    "unscanned",
    "unsigned",
    "unverified",
];

/// The built-in rules, in no particular order.
///
/// # Errors
/// None as released: a test parses them all.
pub fn builtin_rules() -> Result<Vec<Rule>, RuleError> {
    FILES
        .iter()
        .map(|(name, text)| Rule::parse(name, text))
        .collect()
}
