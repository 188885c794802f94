//! `findings`, `status`, `diff` and `gate` on the demo; completions and manual pages.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::LazyLock,
};

use polar_testkit::{SharedNeo4j, neo4j};
use serde_json::{Value, json};

use crate::{
    common::{Outcome, command, embedded, outcome, polar, variables},
    golden::golden,
};

const SHOP: &str = "tests/policies/shop.toml";
const STRICT: &str = "tests/policies/strict.toml";
const CATALOG: &str = "acme.azurecr.io/shop/catalog:3.2.0";

#[tokio::test]
async fn on_the_demo() {
    let week = ["diff", "--since", "2026-11-10T00:00:00Z", "--until"];
    let until = |until, more: &[&'static str]| [&week[..], &[until], more].concat();
    let retags = [
        "diff",
        "--since",
        "2026-10-29T00:00:00Z",
        "--until",
        "2026-10-30T00:00:00Z",
    ];
    let gate = |image, more: &[&'static str]| [&["gate", image, "--policy", SHOP], more].concat();
    let retagged = "acme.azurecr.io/shop/checkout:1.4.0";
    let first = "acme.azurecr.io/shop/checkout@sha256:\
                 8af25aee58ef8a5e28007250191e6d478b6fb5593ec2f22dc8770c68ae4c9039";
    let envoy = "docker.io/envoyproxy/envoy:v1.31.2";
    let names = [
        "--vsa",
        "--verifier",
        "https://ci.acme.example/gate",
        "--policy-uri",
        "https://gitlab.acme.example/platform/policies",
    ];
    golden(&[
        ("findings", &["findings"]),
        (
            "findings-kinds",
            &[
                "findings",
                "--kind",
                "retag",
                "--kind",
                "unreviewed",
                "--exit-code",
            ],
        ),
        (
            "findings-json",
            &[
                "findings",
                "--kind",
                "tag-case-collision",
                "--format",
                "json",
            ],
        ),
        (
            "findings-none",
            &["findings", "--since", "2100-01-01T00:00:00Z", "--exit-code"],
        ),
        ("findings-unknown-kind", &["findings", "--kind", "unsinged"]),
        ("diff", &until("2026-11-17T00:00:00Z", &[])),
        (
            "diff-json",
            &until("2026-11-10T12:00:00Z", &["--format", "json"]),
        ),
        ("diff-retag", &[&retags[..], &["--exit-code"]].concat()),
        (
            "diff-nothing",
            &until("2026-11-10T00:00:01Z", &["--exit-code"]),
        ),
        ("diff-backwards", &until("2026-11-09T00:00:00Z", &[])),
        ("gate-allow", &gate(CATALOG, &[])),
        ("gate-deny", &gate(retagged, &[])),
        ("gate-digest", &gate(first, &[])),
        ("gate-strict", &["gate", CATALOG, "--policy", STRICT]),
        (
            "gate-json",
            &["gate", CATALOG, "--policy", STRICT, "--format", "json"],
        ),
        ("gate-vsa", &gate(CATALOG, &["--vsa"])),
        ("gate-vsa-failed", &gate(first, &names)),
        ("gate-in-no-registry", &gate(envoy, &[])),
        ("gate-vsa-of-nothing", &gate(envoy, &["--vsa"])),
        ("gate-ambiguous", &gate("acme.azurecr.io/shop/catalog", &[])),
        (
            "gate-unknown",
            &gate("acme.azurecr.io/shop/chekout:1.5.0", &[]),
        ),
        ("gate-malformed", &gate("acme.azurecr.io/shop/a b", &[])),
    ])
    .await;
}

/// A graph of the demo in a file of one's own.
fn demo(folder: &Path) -> String {
    static DEMO: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("demo.mars");
        let run = polar(&["demo", "--graph", &embedded(&file)], &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        fs::read(&file).unwrap()
    });
    let file = folder.join("demo.mars");
    fs::write(&file, &*DEMO).unwrap();
    embedded(&file)
}

/// What a policy comes to at an image of the demo.
fn gate(folder: &Path, graph: &str, policy: &str) -> Outcome {
    let file = folder.join("policy.toml");
    fs::write(&file, policy).unwrap();
    let policy = file.to_str().unwrap();
    polar(
        &["gate", CATALOG, "--policy", policy, "--graph", graph],
        &[],
    )
}

#[test]
fn a_policy_that_is_wrong_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let graph = demo(folder.path());
    for (policy, wanted) in [
        (
            "[signd]",
            "unknown field `signd`, expected one of `name`, `registry`",
        ),
        ("\n[scanned]\nmax = 1", "line 3"),
        ("[scanned]\nmax_high = -1", "line 2"),
        ("[age]", "missing field `max`"),
        ("[age]\nmax = \"3 months\"", "such as 30m, 12h, 90d or 2w"),
        ("[age]\nmax = \"-1d\"", "such as 30m, 12h, 90d or 2w"),
        (
            "[signed]\nunknown = \"perhaps\"",
            "expected `deny` or `allow`",
        ),
        (
            "[readings]\nmax_age = \"1d\"\nof = [\"kubernetes\"]",
            "unknown variant `kubernetes`",
        ),
        ("name = \"all\"", "the policy requires nothing"),
        ("[built_by]\nrefs = []", "`built_by.refs` is empty"),
        ("[built_by]\nmin_confidence = 2", "goes from 0 to 1"),
        (
            "[findings]\nnone_of = [\"unsigned\"]",
            "which no rule finds of an image; known are",
        ),
        ("[signed", "line 1"),
    ] {
        let run = gate(folder.path(), &graph, policy);
        assert_eq!(run.code, 2, "{policy}: {}", run.stderr);
        assert!(run.stderr.contains("policy.toml"), "{}", run.stderr);
        assert!(run.stderr.contains(wanted), "{policy}: {}", run.stderr);
    }
    let missing = [
        "gate",
        CATALOG,
        "--policy",
        "/nonexistent/p.toml",
        "--graph",
        &graph,
    ];
    let run = polar(&missing, &[]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("/nonexistent/p.toml"), "{}", run.stderr);
}

#[test]
fn times_in_policies() {
    let folder = tempfile::tempdir().unwrap();
    let graph = demo(folder.path());
    for (policy, code, wanted) in [
        ("[age]\nmax = \"5200w\"", 0, "at most 36400d ago"),
        (
            "[age]\nmax = \"1s\"",
            1,
            "pushed at 2026-11-10T09:46:51Z, more than",
        ),
        (
            "[readings]\nmax_age = \"36500d\"",
            0,
            "gitlab gitlab.acme.example was read",
        ),
        (
            "[readings]\nmax_age = \"1m\"\nof = [\"gitlab\"]",
            1,
            "more than 1m ago",
        ),
    ] {
        let run = gate(folder.path(), &graph, policy);
        assert_eq!(run.code, code, "{policy}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(wanted), "{policy}: {}", run.stdout);
    }
}

#[test]
fn the_example_of_the_documentation_runs() {
    let example = include_str!("../../../../demo/policy.toml");
    let page = include_str!("../../../../docs/stories/checks.md");
    assert!(page.contains(&format!("```toml\n{example}```")));
    let folder = tempfile::tempdir().unwrap();
    let run = gate(folder.path(), &demo(folder.path()), example);
    let told = |requirement: &str| {
        let lines = run.stdout.lines();
        let mut rows = lines.map(|line| line.split_whitespace().collect::<Vec<_>>());
        rows.find(|row| row.first() == Some(&requirement)).unwrap()[1].to_owned()
    };
    for requirement in [
        "registry", "signed", "verified", "attested", "reviewed", "built_by", "findings",
    ] {
        assert_eq!(told(requirement), "met", "{requirement}");
    }
    assert_eq!(told("scanned"), "unknown,");
    // What these come to depends on the day.
    assert!(!told("age").is_empty() && !told("readings").is_empty());
}

#[tokio::test]
async fn the_status_is_the_same_on_both_stores() {
    let folder = tempfile::tempdir().unwrap();
    let file = demo(folder.path());
    let shared = SharedNeo4j::take();
    let _emptied = neo4j(&shared).await;
    let settings = variables(&shared.settings);
    assert_eq!(polar(&["demo", "--graph", "neo4j"], &settings).code, 0);
    let args = ["status", "--exit-code", "--format", "json", "--graph"];
    let status = |graph: &str, settings: &[(&str, &str)]| {
        let run = polar(&[&args[..], &[graph]].concat(), settings);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let answer: Value = serde_json::from_str(&run.stdout).unwrap();
        answer
    };
    let mut on_file = status(&file, &[]);
    let mut on_neo4j = status("neo4j", &settings);
    assert_eq!(on_file["story"], "status");
    assert_eq!(on_file["sources"].as_array().unwrap().len(), 5);
    assert!(on_file["sources"][0]["age_seconds"].is_i64());
    assert_eq!(on_file["last_change"], on_neo4j["last_change"]);
    assert_eq!(on_file["writer"], Value::Null);
    assert_eq!(
        on_file["passes"][0]["created"],
        on_neo4j["passes"][0]["created"]
    );
    for answer in [&mut on_file, &mut on_neo4j] {
        for source in answer["sources"].as_array_mut().unwrap() {
            source["age_seconds"] = json!(0);
        }
        answer["at"] = json!("now");
        answer["passes"] = json!([]);
    }
    assert_eq!(on_file, on_neo4j);
}

#[test]
fn the_status_of_a_graph_that_lacks_something() {
    let folder = tempfile::tempdir().unwrap();
    let graph = demo(folder.path());
    let config = folder.path().join("agent.toml");
    let registry = "[[registry]]\nhost = \"other.example.com\"\n\
                    [[kubernetes]]\nname = \"prod-weu\"\n";
    fs::write(&config, registry).unwrap();
    let config = config.to_str().unwrap();
    let args = [
        "status",
        "--exit-code",
        "--graph",
        &graph,
        "--config",
        config,
    ];
    let run = polar(&args, &[]);
    assert_eq!(run.code, 1);
    let never = run.stdout.lines().find(|line| line.contains("never"));
    assert!(
        never.unwrap().contains("other.example.com"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("nobody holds the lease"));
    assert!(run.stdout.contains("schema       complete"));
    // A graph that was never set up.
    let empty = embedded(&folder.path().join("empty.mars"));
    let run = polar(&["status", "--graph", &empty, "--exit-code"], &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    for wanted in [
        "no source was read",
        "no findings",
        "no pass",
        "last change  none",
        "polar-provenance schema apply",
    ] {
        assert!(run.stdout.contains(wanted), "{wanted}: {}", run.stdout);
    }
    assert_eq!(polar(&["schema", "apply", "--graph", &empty], &[]).code, 0);
    let run = polar(&["status", "--graph", &empty], &[]);
    assert!(
        run.stdout.contains("schema       complete"),
        "{}",
        run.stdout
    );
}

#[test]
fn kinds_of_rules_of_ones_own_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let graph = demo(folder.path());
    let rule = "//! title = \"Image of the registry\"\n//! finding = \"seen\"\n//! severity = \"low\"\n\
                //! reads = []\n//! evidence = \"subject.key\"\nMATCH (subject:ACRImage)\n";
    fs::write(folder.path().join("seen.cypher"), rule).unwrap();
    let rules = folder.path().to_str().unwrap();
    let args = ["findings", "--kind", "seen", "--graph", &graph];
    assert_eq!(polar(&args, &[]).code, 2);
    let run = polar(&[&args[..], &["--rules", rules]].concat(), &[]);
    assert_eq!((run.code, run.stdout.trim_end()), (0, "no findings"));
}

#[test]
fn completions_are_sound() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = polar(&["completions", shell], &[]);
        assert_eq!(run.code, 0);
        for wanted in ["who-built", "--graph", "completions"] {
            // Some shells have options without the dashes.
            assert!(
                run.stdout.contains(wanted.trim_start_matches('-')),
                "{shell}: {wanted}"
            );
        }
    }
    let script = polar(&["completions", "bash"], &[]).stdout;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("completions.bash");
    fs::write(&file, script).unwrap();
    let parsed = Command::new("bash").arg("-n").arg(&file).output().unwrap();
    assert!(parsed.status.success(), "{parsed:?}");
}

#[test]
fn manual_pages_are_there_for_all_commands() {
    let page = polar(&["man"], &[]).stdout;
    assert!(page.contains(".TH polar-provenance 1"), "{page}");
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man/man1");
    assert_eq!(polar(&["man", pages.to_str().unwrap()], &[]).code, 0);
    for name in ["", "-gate", "-observe-gitlab", "-schema-apply"] {
        let text = fs::read_to_string(pages.join(format!("polar-provenance{name}.1"))).unwrap();
        for section in [".SH NAME", ".SH SYNOPSIS", ".SH DESCRIPTION", ".SH OPTIONS"] {
            assert!(text.contains(section), "{name}: {section}");
        }
    }
    // Where there is a program to render it, it finds nothing to complain of.
    let groff = Command::new("groff")
        .args(["-man", "-Tascii", "-ww"])
        .arg(pages.join("polar-provenance-gate.1"))
        .output();
    if let Ok(rendered) = groff {
        assert!(rendered.status.success(), "{rendered:?}");
        assert_eq!(String::from_utf8_lossy(&rendered.stderr), "");
    }
    let blocked = folder.path().join("man/man1/polar-provenance.1/x");
    assert_eq!(polar(&["man", blocked.to_str().unwrap()], &[]).code, 2);
}

#[test]
fn a_pipe_that_is_closed_early_is_no_error() {
    for args in [&["completions", "bash"][..], &["man"]] {
        let mut child = command(args, &[]).stdout(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let run = outcome(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn help_lists_the_commands_by_their_purpose() {
    for help in ["-h", "--help"] {
        let text = polar(&[help], &[]).stdout;
        let groups = [
            "\nQuestions:\n  trace ",
            "\nExplaining:\n  explain ",
            "\nTaking in:\n  observe ",
            "\nRunning:\n  reconcile ",
            "\nSetting up:\n  demo ",
            "\nOptions:\n",
        ];
        let at: Vec<_> = groups
            .iter()
            .map(|group| text.find(group).unwrap())
            .collect();
        assert!(at.is_sorted(), "{text}");
    }
}
