//! A graph that Polar filled, as the program meets it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
};

use polar_graph::{EmbeddedStore, GraphStore, Statement};
use serde_json::Value;

use crate::common::{command, dump_file, embedded, polar};

const SHA: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";

/// Writes in Polar's shapes, into a file without any schema.
async fn fill(path: &Path) {
    let store = EmbeddedStore::open(path).unwrap();
    for text in [
        "CREATE (i:GitlabInstance {id: 'i', base_url: 'https://gitlab.acme.example/'})
         CREATE (p:GitlabProject {instance_id: 'i', project_id: 'gid://gitlab/Project/7', full_path: 'shop/checkout'})
         CREATE (r:GitlabPipeline {instance_id: 'i', pipeline_id: 'gid://gitlab/Ci::Pipeline/17', sha: $sha, finished_at: ''})
         CREATE (i)-[:OBSERVED_PROJECT]->(p)-[:HAS_PIPELINE]->(r)",
        "CREATE (:ContainerRepositoryTag {repository_id: '3', digest: $digest, location: 'r.acme.example/shop/checkout:1.4.0', revision: ''})",
        "CREATE (:ContainerRepositoryTag {repository_id: '4', digest: $digest, location: 'r.acme.example/shop/other', revision: ''})",
        "CREATE (b:BuildJob {build_id: 'b', commit_sha: $sha})-[:PRODUCED]->(:BuildArtifact {content_hash: $digest})",
        "CREATE (d:KubernetesDeployment {uid: 'd', cluster_uid: 'c', name: 'checkout'})
         CREATE (s:ReplicaSet {uid: 's', cluster_uid: 'c', name: 'checkout-1'})
         CREATE (p:Pod {uid: 'p', cluster_uid: 'c', name: 'checkout-1-x'})
         CREATE (n:Namespace {name: 'shop', cluster_uid: 'c'})
         CREATE (k:PodContainer {pod_uid: 'p', name: 'checkout', cluster_uid: 'c', image: 'r.acme.example/shop/checkout:1.4.0'})
         CREATE (d)-[:OWNS]->(s)-[:OWNS]->(p)-[:HAS_CONTAINER]->(k)
         CREATE (p)-[:IN_NAMESPACE]->(n) CREATE (d)-[:IN_NAMESPACE]->(n)",
    ] {
        let digest = format!("sha256:{}", "a".repeat(64));
        let statement = Statement::new(text).with("sha", SHA).with("digest", digest);
        store.write(vec![statement]).await.unwrap();
    }
}

const CONFIG: &str = "[polar.clusters]\nc = \"prod-weu\"\n";

#[tokio::test]
async fn a_pass_adopts_first_and_says_what() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mars");
    fill(&file).await;
    let graph = embedded(&file);
    let config = folder.path().join("config.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let config = config.display().to_string();

    let dry = polar(&["reconcile", "--dry-run", "--graph", &graph], &[]);
    assert!(dry.stderr.contains("observe polar"), "{dry:?}");
    let args = [
        "reconcile",
        "--graph",
        &graph,
        "--config",
        &config,
        "--format",
        "json",
    ];
    let first = polar(&args, &[]);
    assert_eq!(first.code, 0, "{first:?}");
    assert_eq!(
        first.stderr.matches("has no tag").count(),
        3,
        "once in each mapping that reads tags: {first:?}"
    );
    let [adopted, pass] = first.json().try_into().unwrap();
    let pods = |adopted: &Value| {
        let mappings = adopted["adopted"]["mappings"].as_array().unwrap().clone();
        let pods = mappings
            .into_iter()
            .find(|mapping| mapping["mapping"] == "kube-pod");
        pods.unwrap()
    };
    assert_eq!(pods(&adopted)["rows"], 1);
    assert!(pods(&adopted)["written"].as_u64() > Some(0), "{adopted}");
    let created = |rule: &str| {
        let rules = pass["pass"]["rules"].as_array().unwrap();
        rules.iter().find(|found| found["rule"] == rule).unwrap()["created"].clone()
    };
    assert_eq!(
        (created("runs-by-name"), created("resulted-in")),
        (1.into(), 1.into())
    );
    let before = dump_file(&file).await;
    assert!(
        before
            .iter()
            .any(|line| line.starts_with("(KubePod prod-weu/p)")),
        "{before:#?}"
    );

    let [adopted, pass] = polar(&args, &[]).json().try_into().unwrap();
    assert_eq!(pods(&adopted)["written"], 0);
    assert_eq!(pass["pass"]["rules"][0]["created"], 0);
    assert_eq!(dump_file(&file).await, before);
    let told = polar(&["reconcile", "--graph", &graph, "--config", &config], &[]);
    assert!(
        told.stdout
            .contains("Of Polar's: nothing new, nothing written"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_polar_holds_is_printed_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let (file, other) = (
        folder.path().join("graph.mars"),
        folder.path().join("other.mars"),
    );
    fill(&file).await;
    let before = dump_file(&file).await;
    let printed = polar(&["observe", "polar", "--graph", &embedded(&file)], &[]);
    assert_eq!(printed.code, 1, "a tag was left out: {printed:?}");
    assert!(printed.stderr.contains("has no tag"), "{printed:?}");
    let types: Vec<_> = printed
        .json()
        .iter()
        .map(|line| line["type"].clone())
        .collect();
    for wanted in [
        "gitlab_pipeline",
        "registry_image",
        "pipeline_image",
        "kube_workload",
        "kube_pod",
    ] {
        assert!(types.contains(&wanted.into()), "no {wanted} in {types:?}");
    }
    assert_eq!(dump_file(&file).await, before);

    let lines = folder.path().join("facts.jsonl");
    std::fs::write(&lines, &printed.stdout).unwrap();
    let taken = polar(
        &[
            "ingest",
            "--graph",
            &embedded(&other),
            lines.to_str().unwrap(),
        ],
        &[],
    );
    assert_eq!(taken.code, 0, "{taken:?}");
    let none = polar(&["observe", "polar", "--graph", &embedded(&other)], &[]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{none:?}");
    assert!(none.stderr.contains("nothing of Polar's"), "{none:?}");
}

#[tokio::test]
async fn the_schema_has_indexes_on_polars_labels_where_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mars");
    fill(&file).await;
    let state = |command: &str| {
        let graph = embedded(&file);
        let args = ["schema", command, "--graph", &graph, "--format", "json"];
        let rows = polar(&args, &[]).json().remove(0);
        let rows = rows.as_array().unwrap().clone();
        let of = |label: &str| {
            let row = rows.iter().find(|row| row["label"] == label);
            row.map(|row| row["state"].as_str().unwrap().to_owned())
        };
        [of("PodContainer"), of("GitlabPipeline"), of("OCIArtifact")]
    };
    let all = |state: &str| [Some(state.to_owned()), Some(state.to_owned()), None];
    assert_eq!(state("show"), all("missing"));
    assert_eq!(state("apply"), all("created"));
    assert_eq!(state("apply"), all("present"));
}

#[tokio::test]
async fn the_agent_adopts_before_each_pass_and_tells_a_problem_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mars");
    fill(&file).await;
    let mut child = command(
        &["agent", "--graph", &embedded(&file), "--every", "100ms"],
        &[],
    )
    .spawn()
    .unwrap();
    let mut lines = Vec::new();
    let mut adopted = 0;
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.contains("adopted what Polar holds") {
            adopted += 1;
            assert_eq!(line.contains("written=0"), adopted > 1, "{line}");
        }
        lines.push(line);
        if adopted == 3 {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(adopted, 3, "{lines:#?}");
    let told = lines
        .iter()
        .filter(|line| line.contains("registry-tag") && line.contains("has no tag"));
    assert_eq!(told.count(), 2, "once a mapping: {lines:#?}");
}
