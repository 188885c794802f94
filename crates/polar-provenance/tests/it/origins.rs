//! Where an image came from, who built it, and where a commit runs: on the demo's graph.

use std::fs;

use polar_graph::{EmbeddedStore, GraphStore, Statement};
use polar_testkit::{SharedNeo4j, dump, neo4j};
use serde_json::{Value, json};

use crate::{
    common::{dump_file, embedded, polar},
    golden::golden,
};

const POD: &str = "checkout-7d9c6b5f4d-x2k8p";
const CHECKOUT: &str = "acme.azurecr.io/shop/checkout:1.4.0";
/// The commit that checkout was built from, and its beginning.
const COMMIT: &str = "8b8d353c";

#[tokio::test]
async fn traces() {
    golden(&[
        ("trace-pod", &["trace", POD]),
        ("trace-workload", &["trace", "prod-weu/shop/checkout"]),
        ("trace-image", &["trace", CHECKOUT]),
        (
            "trace-image-at",
            &["trace", CHECKOUT, "--at", "2026-10-10T00:00:00Z"],
        ),
        (
            "trace-image-before",
            &["trace", CHECKOUT, "--at", "2026-10-01T00:00:00Z"],
        ),
        (
            "trace-workload-at",
            &[
                "trace",
                "prod-weu/shop/checkout",
                "--at",
                "2026-10-10T00:00:00Z",
            ],
        ),
        (
            "trace-by-name-alone",
            &["trace", "prod-weu/data/backfill-2026q3"],
        ),
        (
            "trace-nothing-known",
            &["trace", "docker.io/envoyproxy/envoy:v1.31.2", "--exit-code"],
        ),
        (
            "trace-no-pipeline",
            &["trace", "fax-gateway", "--exit-code"],
        ),
        ("trace-unresolvable", &["trace", "preview-7f6d5c8b9-e5r8t"]),
        ("trace-complete", &["trace", "reports", "--exit-code"]),
        (
            "trace-repository",
            &["trace", "acme.azurecr.io/shop/checkout"],
        ),
        ("trace-ambiguous", &["trace", "shop/checkout"]),
        ("trace-unknown", &["trace", "prod-weu/shop/checkot"]),
        (
            "trace-malformed",
            &["trace", "acme.azurecr.io/Shop/checkout:1"],
        ),
        ("trace-json", &["trace", POD, "--format", "json"]),
        ("trace-dot", &["trace", POD, "--format", "dot"]),
        (
            "trace-mermaid",
            &["trace", "prod-weu/shop/checkout", "--format", "mermaid"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn builders_and_commits() {
    golden(&[
        ("who-built", &["who-built", "prod-weu/shop/payments"]),
        ("who-built-nobody", &["who-built", CHECKOUT, "--exit-code"]),
        (
            "who-built-unknown",
            &["who-built", "acme.azurecr.io/shop/checkout:1.4.1"],
        ),
        (
            "who-built-ambiguous",
            &["who-built", "acme.azurecr.io/shop/checkout"],
        ),
        (
            "who-built-json",
            &["who-built", "prod-weu/shop/payments", "--format", "json"],
        ),
        ("commit", &["commit", POD]),
        ("commit-none", &["commit", CHECKOUT, "--exit-code"]),
        (
            "commit-json",
            &["commit", "prod-weu/shop/payments", "--format", "json"],
        ),
        ("commit-unknown", &["commit", "prod-weu/shop/paymnts"]),
        ("commit-ambiguous", &["commit", "shop/payments"]),
    ])
    .await;
}

#[tokio::test]
async fn deployed_commits() {
    golden(&[
        ("deployed", &["deployed", COMMIT]),
        (
            "deployed-request",
            &["deployed", "shop/checkout!412", "--exit-code"],
        ),
        ("deployed-json", &["deployed", COMMIT, "--format", "json"]),
        ("deployed-nowhere", &["deployed", "aaea088c", "--exit-code"]),
        ("deployed-unknown", &["deployed", "0123456789"]),
        (
            "deployed-not-drawn",
            &["deployed", COMMIT, "--format", "dot"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn exports() {
    golden(&[
        ("export-graphml", &["export", "graphml", "fax-gateway"]),
        ("export-cypher", &["export", "cypher", "fax-gateway"]),
        ("export-unknown", &["export", "cypher", "nobody-here"]),
        ("export-ambiguous", &["export", "cypher", "shop/checkout"]),
    ])
    .await;
}

/// A commit's title that means something in each of the languages that it is printed in.
const HOSTILE: &str = "a \"b\" 'c' `d` \\ \\u0041 <i>&amp;</i> ]]> #1; $x {y}\n-- end //";

/// A graph with an image that was built from a commit of a hostile title.
fn hostile() -> (tempfile::TempDir, String) {
    let (digest, oid) = (format!("sha256:{}", "a".repeat(64)), "c".repeat(40));
    graph_of(&[
        json!({"v": 1, "type": "registry_image", "registry": "r.example.com", "repository": "a/b",
               "tag": "1", "digest": digest, "pushed_at": "2026-05-02T00:00:00.123456789Z"}),
        json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com", "project": "a/b",
               "id": 1, "sha": oid, "user": "o'hara", "ref": HOSTILE}),
        json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com", "project": "a/b",
               "pipeline": 1, "job": 7, "image": "r.example.com/a/b:1", "digest": digest}),
        json!({"v": 1, "type": "git_commit", "oid": oid, "title": HOSTILE, "author_name": "\u{1}x"}),
    ])
}

/// A graph in a file `graph.mars` with some facts, after a pass.
fn graph_of(facts: &[Value]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("graph.mars"));
    let lines: Vec<_> = facts.iter().map(ToString::to_string).collect();
    let file = folder.path().join("facts.jsonl");
    fs::write(&file, lines.join("\n")).unwrap();
    let taken = polar(&["ingest", file.to_str().unwrap(), "--graph", &graph], &[]);
    assert_eq!(taken.code, 0, "{taken:?}");
    let pass = polar(&["reconcile", "--graph", &graph], &[]);
    assert_eq!(pass.code, 0, "{pass:?}");
    (folder, graph)
}

#[test]
fn equally_likely_pipelines_are_told_as_such() {
    let (digest, oid) = (format!("sha256:{}", "a".repeat(64)), "c".repeat(40));
    let pipeline = |id: i64| {
        json!({"v": 1, "type": "gitlab_pipeline", "instance": "gitlab.example.com",
               "project": "a/b", "id": id, "sha": oid})
    };
    let (_folder, graph) = graph_of(&[
        json!({"v": 1, "type": "registry_image", "registry": "r.example.com", "repository": "a/b",
               "tag": "1", "digest": digest, "pushed_at": "2026-05-02T00:00:00Z"}),
        json!({"v": 1, "type": "image_manifest", "digest": digest,
               "labels": {"org.opencontainers.image.revision": oid}}),
        pipeline(1),
        pipeline(2),
    ]);
    let text = printed(&graph, &["trace", "r.example.com/a/b:1"]);
    for id in [1, 2] {
        let line = format!("may be built by pipeline {id} of a/b  (equally likely)");
        assert!(text.contains(&line), "{text}");
    }
}

fn printed(graph: &str, args: &[&str]) -> String {
    let outcome = polar(&[args, &["--graph", graph]].concat(), &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    outcome.stdout
}

#[tokio::test]
async fn what_was_exported_can_be_created_anew() {
    let (folder, graph) = hostile();
    let demo_folder = tempfile::tempdir().unwrap();
    let demo_file = demo_folder.path().join("demo.mars");
    let demo = embedded(&demo_file);
    assert_eq!(polar(&["demo", "--graph", &demo], &[]).code, 0);
    let image = "r.example.com/a/b:1";
    let hostile_file = folder.path().join("graph.mars");
    for (graph, file, target) in [(&graph, &hostile_file, image), (&demo, &demo_file, POD)] {
        let text = printed(graph, &["export", "cypher", target]);
        let original = dump_file(file).await;
        let statement = || Statement::new(text.trim_end().trim_end_matches(';').to_owned());
        let shared = SharedNeo4j::take();
        let neo4j = neo4j(&shared).await;
        neo4j.write(vec![statement()]).await.unwrap();
        let anew = EmbeddedStore::in_memory().unwrap();
        anew.write(vec![statement()]).await.unwrap();
        let created = dump(&anew).await;
        assert_eq!(dump(&neo4j).await, created, "{target}");
        // All of it is in the original, and all that lies between its nodes is in it.
        assert!(
            created.iter().all(|line| original.contains(line)),
            "{created:#?}"
        );
        let nodes: Vec<_> = created.iter().filter(|line| !line.contains(")-")).collect();
        let name = |line: &str| line.split_once(')').map(|(name, _)| name.to_owned() + ")");
        let names: Vec<_> = nodes.iter().filter_map(|line| name(line)).collect();
        let between = original.iter().filter(|line| {
            let ends = names.iter().filter(|name| {
                line.starts_with(&format!("{name}-")) || line.contains(&format!(">{name}"))
            });
            line.contains(")-") && ends.count() > 1
        });
        assert_eq!(created.len() - nodes.len(), between.count(), "{target}");
    }
}

#[test]
fn hostile_text_stays_text_in_drawings_and_graphml() {
    let (_folder, graph) = hostile();
    let image = "r.example.com/a/b:1";
    let title = "a \\\"b\\\" 'c' `d` \\\\ \\\\u0041 <i>&amp;</i> ]]> #1; $x {y}\\n-- end //";
    let dot = printed(&graph, &["trace", image, "--format", "dot"]);
    let label = format!("[label=\"commit cccccccccccc\\n{title}\"];");
    assert!(dot.lines().any(|line| line.ends_with(&label)), "{dot}");
    let mermaid = printed(&graph, &["trace", image, "--format", "mermaid"]);
    let line = mermaid
        .lines()
        .find(|line| line.contains("commit cccc"))
        .unwrap();
    let (_, quoted) = line.split_once("[\"").unwrap();
    let text = quoted.strip_suffix("\"]").unwrap();
    assert!(
        !text.contains(['"', '`', '\'', '&', '{', '\\', ']']),
        "{text}"
    );
    let graphml = printed(&graph, &["export", "graphml", image]);
    assert_well_formed(&graphml);
    let title = "a &quot;b&quot; 'c' `d` \\ \\u0041 &lt;i&gt;&amp;amp;&lt;/i&gt; ]]&gt; #1; $x {y}&#10;-- end //";
    assert!(graphml.contains(&format!(">{title}</data>")), "{graphml}");
}

/// Elements that are closed in order, attributes in quotes, and no other `<` or `&` than theirs.
fn assert_well_formed(text: &str) {
    let mut open = Vec::new();
    let body = text.split_once("?>").unwrap().1;
    let mut parts = body.split('<');
    assert_eq!(parts.next().unwrap().trim(), "");
    for part in parts {
        let (tag, content) = part.split_once('>').unwrap();
        for entity in part.split('&').skip(1) {
            let (name, _) = entity.split_once(';').unwrap();
            let known = ["amp", "lt", "gt", "quot"].contains(&name) || name.starts_with('#');
            assert!(known, "{entity}");
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
        assert!(
            !content.contains('>') && !content.contains(char::is_control)
                || content.trim().is_empty()
        );
        let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{tag}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
}
