//! Killed in the middle, then run again: the graph of an undisturbed run.

use std::{fmt::Write, ops::Range, path::Path, time::Duration};

use crate::common::{command, dump_file, embedded, polar, variables};
use polar_testkit::{SharedNeo4j, dump, neo4j, wipe};

const PROJECTS: usize = 40;
const IMAGES: usize = 50;

/// Facts of so many images of each of some projects.
pub(crate) fn observations(path: &Path, projects: Range<usize>, images: usize) {
    let mut text = String::new();
    let mut line = |value: serde_json::Value| writeln!(text, "{value}").unwrap();
    for project in projects {
        for image in 0..images {
            let id = project * images + image;
            let repository = format!("team/app-{project}");
            let digest = format!("sha256:{id:064x}");
            line(serde_json::json!({
                "v": 1, "type": "pipeline_image", "instance": "gitlab.example.com", "pipeline": id,
                "project": repository, "job": id, "digest": digest,
                "image": format!("r.example.com/{repository}:{image}"),
            }));
            line(serde_json::json!({
                "v": 1, "type": "registry_image", "registry": "r.example.com", "tag": image.to_string(),
                "repository": repository, "digest": digest,
            }));
        }
    }
    std::fs::write(path, text).unwrap();
}

/// Runs a command again and again, each time killed a little later, until it ends by itself.
fn kill_until_it_ends(args: &[&str], variables: &[(&str, &str)]) {
    let mut kills = 0;
    let mut patience = Duration::from_millis(120);
    loop {
        let mut child = command(args, variables).spawn().unwrap();
        std::thread::sleep(patience);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{args:?}: {status}");
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        patience = patience * 3 / 2;
    }
    assert!(kills >= 3, "{args:?} was killed only {kills} times");
}

#[tokio::test]
async fn killed_ingests_and_passes_end_in_the_same_graph() {
    let folder = tempfile::tempdir().unwrap();
    let facts = folder.path().join("facts.jsonl");
    // Enough that reading them takes a while.
    observations(&facts, 0..PROJECTS, IMAGES);
    let facts = facts.display().to_string();
    let file = |name: &str| folder.path().join(name);
    let embedded_of = |name: &str| embedded(&file(name));

    let calm = embedded_of("calm.mars");
    for args in [
        vec!["ingest", &facts, "--graph", &calm],
        vec!["reconcile", "--graph", &calm],
    ] {
        assert_eq!(polar(&args, &[]).code, 0);
    }
    let wanted = dump_file(&file("calm.mars")).await;
    let links = wanted
        .iter()
        .filter(|line| line.contains("RESULTED_IN"))
        .count();
    assert_eq!(links, PROJECTS * IMAGES);

    let killed = embedded_of("killed.mars");
    kill_until_it_ends(&["ingest", &facts, "--graph", &killed], &[]);
    kill_until_it_ends(&["reconcile", "--graph", &killed], &[]);
    assert!(dump_file(&file("killed.mars")).await == wanted, "embedded");

    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = variables(&shared.settings);
    kill_until_it_ends(&["ingest", &facts, "--graph", "neo4j"], &there);
    kill_until_it_ends(&["reconcile", "--graph", "neo4j"], &there);
    assert!(dump(&store).await == wanted, "Neo4j");
    wipe(&store).await;
}

/// Killed as soon as a file shows: the worst moment, when the store has begun to set it up.
#[test]
fn a_file_whose_creation_was_killed_is_created_again() {
    for number in 0..60 {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("graph.mars");
        let graph = embedded(&file);
        let args = ["schema", "apply", "--graph", &graph];
        let mut child = command(&args, &[]).spawn().unwrap();
        let is_empty = || std::fs::read_dir(folder.path()).unwrap().next().is_none();
        while is_empty() && child.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_micros(number * 100));
        drop(child.kill());
        child.wait().unwrap();
        let again = polar(&args, &[]);
        assert_eq!(again.code, 0, "{number}: {again:?}");
        assert!(file.exists());
    }
}
