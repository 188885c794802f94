//! The verdict as an in-toto statement (v1) with a SLSA verification summary (v1).
//!
//! It is not signed; who signs it vouches for it. No SLSA build level is told for an image that
//! passes: a policy asks other things than the levels do, so the level counts as not evaluated.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use serde::Serialize;

use super::{Decision, Gate};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const SUMMARY: &str = "https://slsa.dev/verification_summary/v1";
/// The first version of SLSA that has a word for a level that was not evaluated.
const SLSA_VERSION: &str = "1.1";

/// An in-toto statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: &'static str,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: &'static str,
    predicate: Summary,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Subject {
    name: String,
    digest: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    verifier: Verifier,
    time_verified: Timestamp,
    resource_uri: String,
    policy: PolicyResource,
    verification_result: &'static str,
    verified_levels: Vec<&'static str>,
    slsa_version: &'static str,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Verifier {
    id: String,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct PolicyResource {
    uri: String,
    digest: BTreeMap<String, String>,
}

/// The statement about a verdict in the name of `verifier`, an address; none if no digest is known
/// that it could be about. `policy_uri` is where the policy is found.
#[must_use]
pub fn summary_attestation(gate: &Gate, verifier: &str, policy_uri: &str) -> Option<Statement> {
    let (algorithm, hex) = gate.digest.as_deref()?.split_once(':')?;
    let name = name(gate)?;
    let (result, level) = match gate.decision {
        Decision::Allow => ("PASSED", "SLSA_BUILD_LEVEL_UNEVALUATED"),
        Decision::Deny => ("FAILED", "FAILED"),
    };
    Some(Statement {
        kind: STATEMENT,
        subject: vec![Subject {
            name: name.to_owned(),
            digest: digest(algorithm, hex),
        }],
        predicate_type: SUMMARY,
        predicate: Summary {
            verifier: Verifier {
                id: verifier.to_owned(),
            },
            time_verified: gate.judged_at.round(Unit::Second).unwrap_or(gate.judged_at),
            resource_uri: package(name, algorithm, hex),
            policy: PolicyResource {
                uri: policy_uri.to_owned(),
                digest: digest("sha256", &gate.policy.sha256),
            },
            verification_result: result,
            verified_levels: vec![level],
            slsa_version: SLSA_VERSION,
        },
    })
}

/// `registry/repository`, with the tag only if it was asked for: by its digest, an image may be judged
/// that its tag has left since.
fn name(gate: &Gate) -> Option<&str> {
    let asked = gate.asked.split('@').next()?;
    if asked.contains('/') {
        return Some(asked);
    }
    let (tagged, _) = gate.images.first()?.split_once('@')?;
    Some(tagged.rsplit_once(':').map_or(tagged, |(name, _)| name))
}

fn digest(algorithm: &str, hex: &str) -> BTreeMap<String, String> {
    BTreeMap::from([(algorithm.to_owned(), hex.to_owned())])
}

/// The package URL (purl, type `oci`) of `registry/repository:tag`.
fn package(name: &str, algorithm: &str, hex: &str) -> String {
    let last = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[last..].split_once(':') {
        Some((_, tag)) => (&name[..name.len() - tag.len() - 1], format!("&tag={tag}")),
        None => (name, String::new()),
    };
    let short = &repository[last..];
    format!("pkg:oci/{short}@{algorithm}%3A{hex}?repository_url={repository}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages() {
        let check = |name, wanted: &str| assert_eq!(package(name, "sha256", "ab"), wanted);
        check(
            "r.example.com:5000/shop/app:1.0",
            "pkg:oci/app@sha256%3Aab?repository_url=r.example.com:5000/shop/app&tag=1.0",
        );
        check(
            "r.example.com/app",
            "pkg:oci/app@sha256%3Aab?repository_url=r.example.com/app",
        );
    }
}
