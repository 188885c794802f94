//! The agent while its graph goes and comes back.

use std::{
    io::{BufRead, BufReader},
    process::Command,
    time::{Duration, Instant},
};

use crate::common::{command, variables};
use polar_graph::{GraphStore, Neo4jStore, Statement, schema_items};
use polar_testkit::{ServerOptions, TestServer};

const PATIENCE: Duration = Duration::from_secs(120);

/// One more reference with a tag and a registry's image.
async fn add(server: &TestServer, key: &str) {
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    let text = "MERGE (tag:ContainerImageTag {key: $key}) SET tag.tag = '1'
                MERGE (image:ACRImage {key: $key}) SET image.tag = '1'
                MERGE (reference:ImageReference {key: $key})
                MERGE (tag)-[:IDENTIFIES]->(reference) MERGE (image)-[:IDENTIFIES]->(reference)";
    let statement = Statement::new(text).with("key", key);
    store.write(vec![statement]).await.unwrap();
}

async fn wait_for_links(server: &TestServer, number: i64) {
    let store = Neo4jStore::connect(server.settings()).await.unwrap();
    let count = "MATCH (:ContainerImageTag)-[own:SAME_AS]->() RETURN count(own) AS number";
    let begin = Instant::now();
    loop {
        let rows = store.read(Statement::new(count)).await.unwrap();
        if rows[0].get("number").as_int() == Some(number) {
            return;
        }
        assert!(begin.elapsed() < PATIENCE, "never {number} links");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn it_outlives_its_server() {
    let mut server = TestServer::start(ServerOptions::default());
    add(&server, "first").await;
    let settings = server.settings();
    let there = variables(&settings);
    let mut agent = command(&["agent", "--every", "200ms"], &there)
        .spawn()
        .unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let stderr = BufReader::new(agent.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            drop(sender.send(line));
        }
    });
    wait_for_links(&server, 1).await;

    server.kill();
    loop {
        let line = lines.recv_timeout(PATIENCE).unwrap();
        assert!(!line.contains(server.password()), "{line}");
        if line.contains("the pass failed") {
            assert!(line.contains("the next tick tries again"), "{line}");
            break;
        }
    }
    server.restart();
    add(&server, "second").await;
    wait_for_links(&server, 2).await;

    let pid = agent.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    assert!(agent.wait().unwrap().success());
    let rest: Vec<_> = lines.iter().collect();
    assert!(
        rest.iter().any(|line| line.contains("agent stopped")),
        "{rest:?}"
    );
}
