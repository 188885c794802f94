//! `explain` on the demo's graph.

use crate::common::{Outcome, embedded, polar, variables};
use polar_graph::{GraphStore, Neo4jStore, Statement};
use polar_testkit::{SharedNeo4j, neo4j};
use serde_json::Value;

/// The demo's graph, and what is explained in it.
struct Demo {
    _folder: tempfile::TempDir,
    graph: String,
}

impl Demo {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let graph = embedded(&folder.path().join("demo.mars"));
        let demo = polar(&["demo", "--graph", &graph], &[]);
        assert_eq!(demo.code, 0, "{demo:?}");
        Self {
            _folder: folder,
            graph,
        }
    }

    fn explain(&self, args: &[&str]) -> Outcome {
        let mut all = vec!["explain", "--graph", &self.graph];
        all.extend(args);
        polar(&all, &[])
    }
}

/// Each block of docs/explain.md that begins with a command, and what it says is printed.
fn examples() -> Vec<(Vec<&'static str>, &'static str)> {
    let page = include_str!("../../../../docs/explain.md");
    let blocks = page.split("```text\n$ polar-provenance explain ").skip(1);
    let examples: Vec<_> = blocks
        .map(|block| {
            let block = block.split("```").next().unwrap();
            let (command, output) = block.split_once('\n').unwrap();
            (command.split(' ').collect(), output)
        })
        .collect();
    assert!(examples.len() >= 3, "the page has lost its examples");
    examples
}

#[test]
fn the_page_shows_what_is_printed() {
    let demo = Demo::new();
    for (args, wanted) in examples() {
        let outcome = demo.explain(&args);
        let printed = format!("{}{}", outcome.stdout, outcome.stderr);
        let mut rest = printed.as_str();
        for part in wanted.split("…\n") {
            let at = rest
                .find(part)
                .unwrap_or_else(|| panic!("{args:?}: no\n{part}\nin\n{rest}"));
            rest = &rest[at + part.len()..];
        }
    }
}

#[test]
fn the_page_names_each_reason_and_each_state() {
    let page = include_str!("../../../../docs/explain.md");
    for name in [
        "case",
        "digest-differs",
        "host-relative",
        "alias-not-configured",
        "gone",
        "tag-differs",
        "source-incomplete",
        "not-read",
        "present",
        "stale",
        "missing",
        "by-another",
        "does-not-apply",
        "due",
        "covered",
    ] {
        assert!(page.contains(&format!("| `{name}` |")), "{name}");
    }
}

#[test]
fn json_has_the_shape_that_is_documented() {
    let demo = Demo::new();
    let outcome = demo.explain(&["acme.azurecr.io/shop/catalog:v2.0-rc1", "--format", "json"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(answer["schema"], 1);
    assert_eq!(answer["target"], "acme.azurecr.io/shop/catalog:v2.0-rc1");
    assert_eq!(answer["left_out"], 0);
    let form = &answer["reference"]["forms"][0];
    assert_eq!(
        (form["kind"].as_str(), form["known"].as_bool()),
        (Some("tag"), Some(true))
    );
    let nodes = answer["nodes"].as_array().unwrap();
    let other_case = nodes
        .iter()
        .find(|node| node["label"] == "ACRImage" && node["key"].as_str().unwrap().contains("RC1"))
        .unwrap();
    let rule = |name: &str| {
        let rules = other_case["rules"].as_array().unwrap();
        rules.iter().find(|rule| rule["rule"] == name).unwrap()
    };
    let same = rule("same-as");
    assert_eq!(same["state"], "missing");
    assert_eq!(
        (same["kind"].as_str(), same["derives"].as_str()),
        (Some("link"), Some("SAME_AS"))
    );
    assert_eq!(same["failed"][0]["values"]["from.tag"], "v2.0-rc1");
    assert_eq!(same["candidates"][0]["reason"], "case");
    assert_eq!(same["candidates"][0]["node"]["label"], "ContainerImageTag");
    assert_eq!(same["hops"][0]["count"], 2);
    let unbuilt = &rule("unbuilt")["derived"][0];
    assert_eq!(
        (unbuilt["label"].as_str(), unbuilt["severity"].as_str()),
        (Some("Finding"), Some("medium"))
    );
    let runs = &rule("runs-reported")["derived"][0];
    assert_eq!(
        (runs["confidence"].as_f64(), runs["best"].as_bool()),
        (Some(1.0), Some(true))
    );
}

#[test]
fn targets_that_are_none_or_several_are_errors() {
    let demo = Demo::new();
    for (target, says) in [
        ("sessions-0", "give one of\n  prod-weu/shop/sessions-0"),
        ("acme.azurecr.io/shop/checkout:1.4.9", "near it are\n"),
        ("$CI_REGISTRY_IMAGE:1", "(byte 0)"),
    ] {
        let outcome = demo.explain(&[target]);
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (2, ""),
            "{outcome:?}"
        );
        assert!(outcome.stderr.contains(says), "{outcome:?}");
    }
    let both = demo.explain(&["sessions-0", "--cypher", "--format", "json"]);
    assert_eq!(both.code, 2);
}

#[test]
fn a_rule_of_ones_own_is_explained_and_one_that_the_graph_refuses_is_told() {
    let demo = Demo::new();
    let folder = tempfile::tempdir().unwrap();
    let text = |condition: &str| {
        format!(
            "//! title = \"t\"\n//! link = \"OWN\"\n//! reads = []\n//! evidence = \"'e'\"\n\
             MATCH (from:KubeContainer)-[:REPORTS]->(to:ImageManifest)\nWHERE {condition}\n"
        )
    };
    let file = folder.path().join("own.cypher");
    let target = "checkout-7d9c6b5f4d-x2k8p";
    let rules = folder.path().to_str().unwrap();
    std::fs::write(&file, text("from.name = 'x' AND to.digest IS NOT NULL")).unwrap();
    let told = demo.explain(&[target, "--rules", rules]);
    assert_eq!(told.code, 0, "{told:?}");
    assert!(
        told.stdout
            .contains("? own  -OWN->: `from.name = 'x'` does not hold"),
        "{told:?}"
    );
    assert!(
        told.stdout.contains("from.name is \"checkout\""),
        "{told:?}"
    );
    std::fs::write(&file, text("nosuch(from.name)")).unwrap();
    let refused = demo.explain(&[target, "--rules", rules]);
    assert_eq!(
        (refused.code, refused.stdout.as_str()),
        (3, ""),
        "{refused:?}"
    );
    assert!(
        refused.stderr.to_lowercase().contains("nosuch"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn printed_queries_run_on_neo4j_as_they_are() {
    let shared = SharedNeo4j::take();
    let store: Neo4jStore = neo4j(&shared).await;
    let variables = variables(&shared.settings);
    let demo = polar(&["demo", "--graph", "neo4j"], &variables);
    assert_eq!(demo.code, 0, "{demo:?}");
    let target = "acme.azurecr.io/shop/checkout:1.4.0";
    let args = ["explain", "--graph", "neo4j", target, "--cypher"];
    let outcome = polar(&args, &variables);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    let queries: Vec<_> = outcome
        .stdout
        .split(";\n")
        .map(str::trim)
        .filter(|query| !query.is_empty())
        .collect();
    let mut rows = 0;
    for query in &queries {
        rows += store
            .read(Statement::new((*query).to_owned()))
            .await
            .unwrap()
            .len();
    }
    assert!(
        queries.len() > 50 && rows > 50,
        "{} queries, {rows} rows",
        queries.len()
    );
    assert!(!outcome.stdout.contains('$'), "a parameter is left");
}
