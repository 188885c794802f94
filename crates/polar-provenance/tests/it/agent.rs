//! The agent while its graph goes and comes back.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command},
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use crate::common::{command, variables};
use polar_graph::{GraphStore, Neo4jSettings, Neo4jStore, Statement, schema_items};
use polar_testkit::{Network, Proxy, ServerOptions, SharedNeo4j, TestServer, neo4j, wipe};

const PATIENCE: Duration = Duration::from_secs(120);

/// One more reference with a tag and a registry's image.
async fn add(settings: Neo4jSettings, key: &str) {
    let store = Neo4jStore::connect(settings).await.unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    let text = "MERGE (tag:ContainerImageTag {key: $key}) SET tag.tag = '1'
                MERGE (image:ACRImage {key: $key}) SET image.tag = '1'
                MERGE (reference:ImageReference {key: $key})
                MERGE (tag)-[:IDENTIFIES]->(reference) MERGE (image)-[:IDENTIFIES]->(reference)";
    let statement = Statement::new(text).with("key", key);
    store.write(vec![statement]).await.unwrap();
}

async fn wait_for_links(settings: Neo4jSettings, number: i64) {
    let store = Neo4jStore::connect(settings).await.unwrap();
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
    add(server.settings(), "first").await;
    let settings = server.settings();
    let there = variables(&settings);
    let (mut agent, lines) = start(&["agent", "--every", "200ms"], &there);
    wait_for_links(server.settings(), 1).await;

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
    add(server.settings(), "second").await;
    wait_for_links(server.settings(), 2).await;

    let rest = stop(&mut agent, &lines);
    assert!(
        rest.iter().any(|line| line.contains("agent stopped")),
        "{rest:?}"
    );
}

/// The network swallows what goes to the server and back, without a word: neither side is told.
#[tokio::test(flavor = "multi_thread")]
async fn it_outlives_a_network_that_loses_its_server() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    add(shared.settings.clone(), "first").await;
    let proxy = Proxy::before(&shared.settings).await;
    let through = proxy.through(&shared.settings);
    let mut there = variables(&through).to_vec();
    there.push(("GRAPH_TIMEOUT", "1s"));
    let args = ["agent", "--every", "200ms", "--lease", "3s"];
    let (mut agent, lines) = start(&args, &there);
    wait_for_links(shared.settings.clone(), 1).await;
    for lost in 0..2 {
        proxy.set(Network::Stalled);
        let mut heard = Vec::new();
        let told = |line: &String| line.contains("this replica writes no longer");
        while !heard.iter().any(told) {
            heard.push(lines.recv_timeout(PATIENCE).unwrap());
        }
        let of_the_pass = heard.iter().filter(|line| line.contains("the pass failed"));
        for line in of_the_pass {
            assert!(line.contains("GRAPH_TIMEOUT"), "{line}");
        }
        add(shared.settings.clone(), &format!("while lost {lost}")).await;
        proxy.set(Network::Fine);
        wait_for_links(shared.settings.clone(), 2 + lost).await;
    }
    stop(&mut agent, &lines);
    wipe(&store).await;
}

/// Starts an agent, and gathers what it says.
fn start(args: &[&str], variables: &[(&str, &str)]) -> (Child, Receiver<String>) {
    let mut agent = command(args, variables).spawn().unwrap();
    let (sender, lines) = std::sync::mpsc::channel();
    let stderr = BufReader::new(agent.stderr.take().unwrap());
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            drop(sender.send(line));
        }
    });
    (agent, lines)
}

/// Asks it to stop, and returns what else it said.
fn stop(agent: &mut Child, lines: &Receiver<String>) -> Vec<String> {
    let pid = agent.id().to_string();
    let asked = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(asked.success());
    assert!(agent.wait().unwrap().success());
    lines.iter().collect()
}
