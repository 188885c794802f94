//! Statements about an image: in-toto in a DSSE envelope, in a Sigstore bundle or bare, and scanners'
//! reports. Only what provenance needs is read; nothing is verified. Pure.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_model::ArtifactKind;
use polar_source::Url;
use serde_json::Value;

/// What a statement says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) kind: ArtifactKind,
    pub(crate) predicate_type: Option<String>,
    pub(crate) builder: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) built_by: Option<BuiltBy>,
    pub(crate) vulnerabilities: BTreeMap<String, i64>,
}

/// The job or the pipeline of a GitLab that a statement of provenance names.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct BuiltBy {
    /// Host name, with its port if that is not the usual one.
    pub(crate) instance: String,
    pub(crate) project: String,
    pub(crate) pipeline: Option<i64>,
    pub(crate) job: Option<i64>,
}

impl Statement {
    pub(crate) fn of(kind: ArtifactKind) -> Self {
        Self {
            kind,
            predicate_type: None,
            builder: None,
            source: None,
            commit: None,
            built_by: None,
            vulnerabilities: BTreeMap::new(),
        }
    }
}

/// Reads a statement about `subject`.
pub(crate) fn read(bytes: &[u8], subject: &str) -> Result<Statement, String> {
    let outer: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let envelope = outer.get("dsseEnvelope").unwrap_or(&outer);
    if outer.get("messageSignature").is_some() {
        return Ok(Statement::of(ArtifactKind::Signature));
    }
    let decoded;
    let statement = match text(envelope, "/payload") {
        Some(payload) => {
            let bytes = STANDARD.decode(payload);
            let bytes = bytes.map_err(|error| format!("payload of its envelope: {error}"))?;
            decoded = serde_json::from_slice(&bytes)
                .map_err(|error| format!("payload of its envelope: {error}"))?;
            &decoded
        }
        None => envelope,
    };
    let Some(predicate_type) = text(statement, "/predicateType") else {
        return Err("neither an in-toto statement nor an envelope of one".to_owned());
    };
    check_subject(statement, subject)?;
    let predicate = statement.get("predicate").unwrap_or(&Value::Null);
    let mut found = predicate_of(predicate_type, predicate);
    found.predicate_type = Some(predicate_type.to_owned());
    Ok(found)
}

/// A statement is about the manifest that it is attached to.
fn check_subject(statement: &Value, subject: &str) -> Result<(), String> {
    let (algorithm, hex) = subject.split_once(':').unwrap_or_default();
    let subjects = statement.get("subject").and_then(Value::as_array);
    let is_same = |named: &Value| named["digest"][algorithm].as_str() == Some(hex);
    match subjects {
        Some(subjects) if !subjects.is_empty() && !subjects.iter().any(is_same) => {
            Err("its subject is another image than the one it is attached to".to_owned())
        }
        _ => Ok(()),
    }
}

fn predicate_of(predicate_type: &str, predicate: &Value) -> Statement {
    let is = |part: &str| predicate_type.contains(part);
    if is("slsa.dev/provenance") {
        provenance(predicate)
    } else if is("spdx") || is("cyclonedx") {
        Statement::of(ArtifactKind::Sbom)
    } else if is("/sign/v1") {
        Statement::of(ArtifactKind::Signature)
    } else if is("vuln") {
        let mut scan = Statement::of(ArtifactKind::Scan);
        let result = predicate.pointer("/scanner/result").unwrap_or(&Value::Null);
        scan.vulnerabilities = count(trivy(result).chain(scores(result)));
        scan
    } else {
        Statement::of(ArtifactKind::Attestation)
    }
}

/// SLSA provenance, versions 0.2 and 1.
fn provenance(predicate: &Value) -> Statement {
    let mut found = Statement::of(ArtifactKind::Attestation);
    let builder = text(predicate, "/runDetails/builder/id").or(text(predicate, "/builder/id"));
    found.builder = builder.map(str::to_owned);
    let config = predicate.pointer("/invocation/configSource");
    let listed = ["/buildDefinition/resolvedDependencies", "/materials"]
        .iter()
        .filter_map(|path| predicate.pointer(path)?.as_array())
        .flatten();
    // The first that names a commit is what was built; others are what it was built with.
    for material in config.into_iter().chain(listed) {
        let commit = text(material, "/digest/gitCommit")
            .or(text(material, "/digest/sha1"))
            .or(text(material, "/digest/sha256").filter(|named| is_sha1(named)));
        if let Some(commit) = commit {
            found.commit = Some(commit.to_ascii_lowercase());
            found.source = text(material, "/uri").map(repository_of);
            break;
        }
    }
    found.built_by = built_by(predicate);
    found
}

/// GitLab's runner calls the commit `sha256`, whatever it is (GitLab Runner: `PROVENANCE.md`).
fn is_sha1(named: &str) -> bool {
    named.len() == 40 && named.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The job or pipeline: by its address, as builders of GitLab's components give it, or by its number
/// alone, as GitLab's runner does, whose own address then tells the project.
fn built_by(predicate: &Value) -> Option<BuiltBy> {
    let named = [
        "/runDetails/metadata/invocationId",
        "/metadata/buildInvocationId",
        "/metadata/buildInvocationID",
        "/buildDefinition/externalParameters/build/buildUrl",
    ];
    let named: Vec<_> = named
        .iter()
        .filter_map(|path| text(predicate, path))
        .collect();
    if let Some(found) = named.iter().find_map(|address| page_of(address)) {
        return Some(found);
    }
    let builder = text(predicate, "/runDetails/builder/id").or(text(predicate, "/builder/id"))?;
    let runner = page_of(builder)?;
    let job = named.iter().find_map(|id| id.parse().ok())?;
    Some(BuiltBy {
        job: Some(job),
        ..runner
    })
}

/// Reads `https://host/group/project/-/jobs/7`, or `pipelines`, or a runner's page, which names the
/// project alone.
fn page_of(address: &str) -> Option<BuiltBy> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let instance = url
        .port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let (project, page) = url.path().trim_start_matches('/').split_once("/-/")?;
    let (kind, id) = page.split_once('/')?;
    let id = id.split('/').next()?.parse().ok()?;
    let mut found = BuiltBy {
        instance,
        project: project.to_owned(),
        ..BuiltBy::default()
    };
    match kind {
        "jobs" => found.job = Some(id),
        "pipelines" => found.pipeline = Some(id),
        "runners" => {}
        _ => return None,
    }
    Some(found)
}

/// `git+https://host/path.git@refs/heads/main` as `https://host/path`: without the branch, and
/// without what stands before the host, which could be a secret.
fn repository_of(uri: &str) -> String {
    let address = uri.strip_prefix("git+").unwrap_or(uri);
    let Ok(url) = Url::parse(address) else {
        let name = address.rsplit_once('@').map_or(address, |(_, name)| name);
        return name.to_owned();
    };
    let path = url.path().split('@').next().unwrap_or_default();
    let path = path.trim_end_matches(".git");
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{path}", url.scheme())
}

/// Reads a scanner's report: SARIF, or Trivy's own.
pub(crate) fn report(bytes: &[u8]) -> Result<Statement, String> {
    let report: Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let mut found = Statement::of(ArtifactKind::Scan);
    found.vulnerabilities = if report.get("runs").is_some() {
        count(sarif(&report))
    } else if report.get("Results").is_some() || report.get("ArtifactName").is_some() {
        count(trivy(&report))
    } else {
        return Err("neither SARIF nor a report of Trivy".to_owned());
    };
    Ok(found)
}

fn trivy(report: &Value) -> impl Iterator<Item = String> {
    let results = list(report, "/Results");
    let found = results.flat_map(|result| list(result, "/Vulnerabilities"));
    found.filter_map(|found| text(found, "/Severity").map(str::to_ascii_lowercase))
}

/// in-toto's predicate `vulns`: each with scores by method.
fn scores(result: &Value) -> impl Iterator<Item = String> {
    let found = result.as_array().into_iter().flatten();
    found.filter_map(|found| {
        let scores = list(found, "/severity").filter_map(|severity| number(&severity["score"]));
        scores.reduce(f64::max).map(severity)
    })
}

fn sarif(report: &Value) -> impl Iterator<Item = String> {
    list(report, "/runs").flat_map(|run| {
        let by_rule: BTreeMap<&str, f64> = list(run, "/tool/driver/rules")
            .filter_map(|rule| {
                let score = number(rule.pointer("/properties/security-severity")?)?;
                Some((text(rule, "/id")?, score))
            })
            .collect();
        list(run, "/results").map(move |result| {
            let rule = text(result, "/ruleId").unwrap_or_default();
            match (by_rule.get(rule), text(result, "/level")) {
                (Some(score), _) => severity(*score),
                (None, Some("error")) => "high".to_owned(),
                (None, Some("note" | "none")) => "low".to_owned(),
                (None, _) => "medium".to_owned(),
            }
        })
    })
}

/// The severity of a CVSS score (CVSS 3.1, section 5).
fn severity(score: f64) -> String {
    let name = match score {
        score if score >= 9.0 => "critical",
        score if score >= 7.0 => "high",
        score if score >= 4.0 => "medium",
        _ => "low",
    };
    name.to_owned()
}

/// All severities are counted, those that were not found as none.
fn count(severities: impl Iterator<Item = String>) -> BTreeMap<String, i64> {
    let names = ["critical", "high", "medium", "low"];
    let mut counts: BTreeMap<String, i64> = names.map(|name| (name.to_owned(), 0)).into();
    for severity in severities {
        *counts.entry(severity).or_default() += 1;
    }
    counts
}

fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    value.pointer(path)?.as_str()
}

fn list<'a>(value: &'a Value, path: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value
        .pointer(path)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
}

/// A number, or a text that holds one.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const COMMIT: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";

    fn subject() -> String {
        format!("sha256:{}", "a".repeat(64))
    }

    fn statement(predicate_type: &str, predicate: &Value) -> Value {
        json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate_type,
               "subject": [{"name": "r.example.com/a", "digest": {"sha256": "a".repeat(64)}}],
               "predicate": predicate})
    }

    fn parsed(value: &Value) -> Result<Statement, String> {
        read(value.to_string().as_bytes(), &subject())
    }

    #[test]
    fn provenance_in_every_envelope() {
        let first = json!({"builder": {"id": "https://ci.example/runner/3"},
            "invocation": {"configSource": {"uri": "git+https://git.example/a/b.git@refs/heads/main",
                                            "digest": {"sha1": COMMIT}}},
            "materials": [{"uri": "pkg:docker/golang@1.22", "digest": {"sha256": "b"}}]});
        let second = json!({"runDetails": {"builder": {"id": "https://ci.example/runner/3"}},
            "buildDefinition": {"resolvedDependencies": [
                {"uri": "pkg:docker/golang@1.22", "digest": {"sha256": "b"}},
                {"uri": "git+https://git.example/a/b@refs/tags/v1", "digest": {"gitCommit": COMMIT}}]}});
        for (predicate_type, predicate) in [
            ("https://slsa.dev/provenance/v0.2", first),
            ("https://slsa.dev/provenance/v1", second),
        ] {
            let bare = statement(predicate_type, &predicate);
            let payload = STANDARD.encode(bare.to_string());
            let envelope = json!({"payloadType": "application/vnd.in-toto+json",
                                  "payload": payload, "signatures": [{"sig": "x"}]});
            let bundle = json!({"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                                "dsseEnvelope": envelope});
            for value in [bare, envelope, bundle] {
                let found = parsed(&value).unwrap();
                assert_eq!(found.kind, ArtifactKind::Attestation);
                assert_eq!(found.predicate_type.as_deref(), Some(predicate_type));
                assert_eq!(
                    found.builder.as_deref(),
                    Some("https://ci.example/runner/3")
                );
                assert_eq!(found.source.as_deref(), Some("https://git.example/a/b"));
                assert_eq!(found.commit.as_deref(), Some(COMMIT));
            }
        }
    }

    #[test]
    fn the_job_that_built_it() {
        let runner = "https://gitlab.example.com/group/a/b/-/runners/3";
        let of = |instance: &str, pipeline, job| {
            Some(BuiltBy {
                instance: instance.to_owned(),
                project: "group/a/b".to_owned(),
                pipeline,
                job,
            })
        };
        let usual = "gitlab.example.com";
        for (predicate, wanted) in [
            (
                json!({"runDetails": {"builder": {"id": runner}, "metadata": {"invocationId": "41"}},
                       "buildDefinition": {"resolvedDependencies": [
                           {"uri": "https://gitlab.example.com/group/a/b", "digest": {"sha256": COMMIT}}]}}),
                of(usual, None, Some(41)),
            ),
            (
                json!({"builder": {"id": runner}, "metadata": {"buildInvocationId": "41"}}),
                of(usual, None, Some(41)),
            ),
            (
                json!({"runDetails": {"metadata": {
                    "invocationId": "https://gitlab.example.com:8443/group/a/b/-/jobs/41"}}}),
                of("gitlab.example.com:8443", None, Some(41)),
            ),
            (
                json!({"buildDefinition": {"externalParameters": {"build": {
                    "buildUrl": "https://gitlab.example.com/group/a/b/-/pipelines/7"}}}}),
                of(usual, Some(7), None),
            ),
            // A number alone is not told by whom.
            (
                json!({"runDetails": {"metadata": {"invocationId": "41"}}}),
                None,
            ),
            // As BuildKit gives it.
            (
                json!({"runDetails": {"builder": {"id": ""}, "metadata": {"invocationId": "x1y2"}}}),
                None,
            ),
            // Another service's page.
            (
                json!({"runDetails": {"builder": {"id": "https://github.com/a/b/-/workflow"},
                       "metadata": {"invocationId": "https://github.com/a/b/actions/runs/41/attempts/1"}}}),
                None,
            ),
        ] {
            let found = parsed(&statement("https://slsa.dev/provenance/v1", &predicate)).unwrap();
            assert_eq!(found.built_by, wanted, "{predicate}");
            let named = predicate.to_string().contains(COMMIT);
            assert_eq!(found.commit.is_some(), named, "{predicate}");
        }
    }

    #[test]
    fn kinds_of_predicates() {
        for (predicate_type, kind) in [
            ("https://spdx.dev/Document/v2.3", ArtifactKind::Sbom),
            ("https://cyclonedx.org/bom", ArtifactKind::Sbom),
            (
                "https://sigstore.dev/cosign/sign/v1",
                ArtifactKind::Signature,
            ),
            (
                "https://cosign.sigstore.dev/attestation/vuln/v1",
                ArtifactKind::Scan,
            ),
            ("https://example.com/my-own", ArtifactKind::Attestation),
        ] {
            let found = parsed(&statement(predicate_type, &json!({}))).unwrap();
            assert_eq!(found.kind, kind, "{predicate_type}");
        }
        let signature = json!({"messageSignature": {"signature": "x"}});
        assert_eq!(parsed(&signature).unwrap().kind, ArtifactKind::Signature);
    }

    #[test]
    fn what_is_no_statement_about_the_image() {
        let mut other = statement("https://slsa.dev/provenance/v1", &json!({}));
        other["subject"][0]["digest"]["sha256"] = "b".repeat(64).into();
        assert!(parsed(&other).unwrap_err().contains("another image"));
        assert!(parsed(&json!({"a": 1})).unwrap_err().contains("in-toto"));
        assert!(
            parsed(&json!({"payload": "%%"}))
                .unwrap_err()
                .contains("envelope")
        );
        assert!(read(b"<html>", &subject()).is_err());
        assert!(report(b"{}").is_err());
    }

    #[test]
    fn vulnerabilities_are_counted_by_severity() {
        let trivy = json!({"Results": [{"Vulnerabilities": [{"Severity": "HIGH"}, {"Severity": "LOW"}]},
                                       {"Vulnerabilities": null}]});
        let sarif = json!({"runs": [{"tool": {"driver": {"rules": [
                {"id": "A", "properties": {"security-severity": "9.8"}}]}},
            "results": [{"ruleId": "A", "level": "error"}, {"ruleId": "B", "level": "error"},
                        {"ruleId": "C", "level": "note"}]}]});
        let counts = |found: Statement| {
            ["critical", "high", "medium", "low"].map(|name| found.vulnerabilities[name])
        };
        assert_eq!(
            counts(report(trivy.to_string().as_bytes()).unwrap()),
            [0, 1, 0, 1]
        );
        assert_eq!(
            counts(report(sarif.to_string().as_bytes()).unwrap()),
            [1, 1, 0, 1]
        );
        let cosign = statement(
            "https://cosign.sigstore.dev/attestation/vuln/v1",
            &json!({"scanner": {"result": trivy}}),
        );
        assert_eq!(counts(parsed(&cosign).unwrap()), [0, 1, 0, 1]);
        let vulns = json!({"scanner": {"result": [{"id": "CVE-1", "severity": [
            {"method": "nvd", "score": "9.1"}, {"method": "other", "score": 5.0}]}]}});
        let vulns = statement("https://in-toto.io/attestation/vulns/v0.1", &vulns);
        assert_eq!(counts(parsed(&vulns).unwrap()), [1, 0, 0, 0]);
    }

    #[test]
    fn addresses_of_repositories() {
        for (uri, wanted) in [
            (
                "git+https://h.example/a/b@refs/heads/main",
                "https://h.example/a/b",
            ),
            ("https://h.example/a/b.git", "https://h.example/a/b"),
            (
                "git+https://user:hunter2@h.example/a/b.git",
                "https://h.example/a/b",
            ),
            ("git@h.example:a/b", "h.example:a/b"),
        ] {
            assert_eq!(repository_of(uri), wanted, "{uri}");
        }
    }
}
