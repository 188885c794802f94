//! The rules that come with the program.

use crate::{Rule, RuleError};

const FILES: &[(&str, &str)] = &[
    ("same-as", include_str!("../rules/same-as.cypher")),
    ("resulted-in", include_str!("../rules/resulted-in.cypher")),
    (
        "resulted-in-by-revision",
        include_str!("../rules/resulted-in-by-revision.cypher"),
    ),
    (
        "resulted-in-by-sha",
        include_str!("../rules/resulted-in-by-sha.cypher"),
    ),
    (
        "resulted-in-by-time",
        include_str!("../rules/resulted-in-by-time.cypher"),
    ),
    ("runs-config", include_str!("../rules/runs-config.cypher")),
    (
        "runs-reported",
        include_str!("../rules/runs-reported.cypher"),
    ),
    ("runs-by-name", include_str!("../rules/runs-by-name.cypher")),
    ("unbuilt", include_str!("../rules/unbuilt.cypher")),
    (
        "unknown-digest",
        include_str!("../rules/unknown-digest.cypher"),
    ),
    (
        "pointed-to-registry",
        include_str!("../rules/pointed-to-registry.cypher"),
    ),
    (
        "pointed-to-pipeline",
        include_str!("../rules/pointed-to-pipeline.cypher"),
    ),
    (
        "pointed-to-by",
        include_str!("../rules/pointed-to-by.cypher"),
    ),
    (
        "pointed-to-container",
        include_str!("../rules/pointed-to-container.cypher"),
    ),
    ("retag", include_str!("../rules/retag.cypher")),
    (
        "digest-conflict",
        include_str!("../rules/digest-conflict.cypher"),
    ),
    (
        "tag-case-collision",
        include_str!("../rules/tag-case-collision.cypher"),
    ),
    ("unresolvable", include_str!("../rules/unresolvable.cypher")),
    (
        "built-from-attestation",
        include_str!("../rules/built-from-attestation.cypher"),
    ),
    (
        "built-from-run",
        include_str!("../rules/built-from-run.cypher"),
    ),
    (
        "built-from-revision",
        include_str!("../rules/built-from-revision.cypher"),
    ),
    (
        "built-from-sha",
        include_str!("../rules/built-from-sha.cypher"),
    ),
    (
        "built-from-time",
        include_str!("../rules/built-from-time.cypher"),
    ),
    (
        "resulted-in-by-attestation",
        include_str!("../rules/resulted-in-by-attestation.cypher"),
    ),
    ("reviewed", include_str!("../rules/reviewed.cypher")),
    ("unreviewed", include_str!("../rules/unreviewed.cypher")),
    ("unsigned", include_str!("../rules/unsigned.cypher")),
    ("unverified", include_str!("../rules/unverified.cypher")),
    ("unscanned", include_str!("../rules/unscanned.cypher")),
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
