//! `docs/rule-set.md` has a row for each rule, made of the rule's file and of its cases in the tests.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use polar_rules::{Effect, Rule};

use crate::{facts::ordered_rules, rules::all_cases};

/// Rule and, in words, what its example is; the timelines' near misses, too.
const EXAMPLES: &[(&str, &str)] = &[
    (
        "ambiguous-build",
        "two pipelines ran on the commit that the image's labels name",
    ),
    (
        "ambiguous-commit",
        "pipelines of two commits both report that they pushed the image",
    ),
    (
        "built-from-attestation",
        "an attestation of a platform's manifest names the commit",
    ),
    (
        "built-from-digest",
        "the job pushed the bytes in another repository, and its pipeline ran on the commit",
    ),
    (
        "built-from-name",
        "the tag was moved, and the job that pushed it told no digest",
    ),
    (
        "built-from-revision",
        "labels name a commit that a pipeline ran on, or that a merge request brought in",
    ),
    (
        "built-from-run",
        "the job reported the image, and its pipeline ran on the commit",
    ),
    (
        "built-from-sha",
        "`main-8b8d353c` names a commit that GitLab has",
    ),
    (
        "built-from-time",
        "the image was pushed while a job of a pipeline of the commit ran",
    ),
    (
        "digest-conflict",
        "the job says it pushed digest A, the registry has had B under the tag since before the job ended",
    ),
    ("reviewed", "approved by somebody else, after the last push"),
    (
        "resulted-in",
        "the job reported tag and digest, and the registry has them; or a tag alone, which never had two digests",
    ),
    (
        "resulted-in-by-attested-commit",
        "a pipeline ran on the commit that an attestation names",
    ),
    (
        "resulted-in-by-attested-job",
        "an attestation names the job",
    ),
    (
        "resulted-in-by-attested-pipeline",
        "an attestation names the pipeline",
    ),
    (
        "resulted-in-by-digest",
        "another registry has an index of the manifest that the job pushed",
    ),
    (
        "resulted-in-by-name",
        "the tag had two digests, and the job told none",
    ),
    (
        "resulted-in-by-revision",
        "a pipeline ran on the commit that the labels name",
    ),
    (
        "resulted-in-by-revision-in-time",
        "as before, and the tag was pushed while it ran",
    ),
    (
        "resulted-in-by-sha",
        "a pipeline ran on the commit that the tag names",
    ),
    (
        "resulted-in-by-sha-in-time",
        "as before, and the tag was pushed while it ran",
    ),
    (
        "resulted-in-by-time",
        "the tag was pushed while a job of the pipeline ran",
    ),
    ("retag", "the tag pointed to A, then to B, and still does"),
    (
        "runs-by-name",
        "a container that reports no digest, and an image of its tag",
    ),
    (
        "runs-bytes",
        "pulled from a mirror that no alias names; the digest is the registry image's",
    ),
    (
        "runs-config",
        "the runtime reports the config's digest, as Docker does",
    ),
    (
        "runs-reported",
        "the runtime reports the manifest of a platform in the image's index",
    ),
    ("same-as", "the job pushed what the registry has"),
    ("tag-case-collision", "tags `rc` and `RC` of one repository"),
    (
        "unbuilt",
        "a whole GitLab was read after the push, and no pipeline is known for the image",
    ),
    (
        "unknown-digest",
        "the registry was read completely after the container was seen, and lacks its digest",
    ),
    (
        "unresolvable",
        "a container's image is written with an upper-case repository",
    ),
    ("unreviewed", "the commit was pushed to the branch directly"),
    (
        "unscanned",
        "no scan is attached, and all that is attached was read",
    ),
    (
        "unsigned",
        "no signature is attached, and all that is attached was read",
    ),
    (
        "unverified",
        "a key that counts was tried, and did not make the signature",
    ),
    (
        "pointed-to-by",
        "the digest that the registry had from 10:00 was pushed by pipeline 7 of Ada",
    ),
    (
        "pointed-to-container",
        "a container of yesterday runs the tag with a digest that nobody else tells of",
    ),
    (
        "pointed-to-pipeline",
        "a job pushed a digest that the registry never told of",
    ),
    (
        "pointed-to-registry",
        "the registry told a time for each of two digests",
    ),
];

const TIMELINES: &[(&str, &[&str])] = &[
    ("pointed-to-by", &["the job pushed another digest"]),
    (
        "pointed-to-container",
        &[
            "the container names another tag now",
            "it reports a platform of an index under the tag",
            "a registry told of the time already",
        ],
    ),
    (
        "pointed-to-pipeline",
        &[
            "the registry tells of the digest itself",
            "another digest was there before the run's end, and still is",
        ],
    ),
    (
        "pointed-to-registry",
        &[
            "the same digest again: one interval",
            "an older time told later: the same intervals",
        ],
    ),
];

const HEAD: &str = "\
# The rules that come with the program

One row for each rule, in the order they run; made from the files in [crates/rules/rules](../crates/rules/rules) and from the cases of their
tests, each of which runs on both stores. The example yields a link or a finding, the near misses must not. How to write a rule of your
own: [rules.md](rules.md). What counts as reviewed, signed and verified: [review.md](review.md).

| rule | says | pattern | evidence | confidence or severity | example | near misses |
|---|---|---|---|---|---|---|
";

fn row(rule: &Rule, misses: &BTreeMap<String, Vec<&str>>) -> String {
    let (derives, weight) = match &rule.effect {
        Effect::Link {
            link, confidence, ..
        }
        | Effect::Timeline {
            link, confidence, ..
        } => (link.clone(), format!("{confidence:?}")),
        Effect::Finding { kind, severity, .. } => (format!("finding `{kind}`"), severity.clone()),
    };
    let example = EXAMPLES.iter().find(|(name, _)| *name == rule.name);
    let (_, example) = example.unwrap_or_else(|| panic!("{} has no example in words", rule.name));
    let condition = match rule.condition.as_str() {
        "true" => String::new(),
        condition => format!(" WHERE {condition}"),
    };
    let code = |text: &str| {
        let words: Vec<_> = text.split_whitespace().collect();
        words.join(" ").replace('|', "\\|")
    };
    format!(
        "| `{}` → {derives} | {} | `{}` | `{}` | {weight} | {example} | {} |\n",
        rule.name,
        rule.title,
        code(&format!("{}{condition}", rule.pattern)),
        code(&rule.evidence),
        misses[&rule.name].join("; "),
    )
}

/// The table stays in line with rules and tests; `UPDATE_DOCS=1` writes it.
#[test]
fn the_table_of_rules_is_what_the_rules_and_their_tests_say() {
    let mut misses: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for case in all_cases() {
        let names = case.near_misses.iter().map(|(name, _)| *name);
        misses.insert(case.rule.to_owned(), names.collect());
    }
    for (rule, names) in TIMELINES {
        misses.insert((*rule).to_owned(), names.to_vec());
    }
    let mut text = HEAD.to_owned();
    for rule in ordered_rules() {
        let _ = write!(text, "{}", row(&rule, &misses));
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rule-set.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&file, &text).unwrap();
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (written, wanted) in lines(&written).iter().zip(lines(&text)) {
        assert_eq!(
            *written, wanted,
            "docs/rule-set.md; UPDATE_DOCS=1 writes it anew"
        );
    }
    assert_eq!(
        written, text,
        "docs/rule-set.md; UPDATE_DOCS=1 writes it anew"
    );
    assert_eq!(EXAMPLES.len(), ordered_rules().len());
}
