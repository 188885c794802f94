//! The agent as a service: its listener, and its log as JSON.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use polar_testkit::{Answer as Says, FakeServer, Fault, SharedNeo4j, neo4j, wipe};
use serde_json::json;

use crate::{
    common::{embedded, polar, variables},
    scrape::{PATIENCE, Served, exchange},
    stall::{Stall, Way},
};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/observations.jsonl");

/// What the numbers say before and after facts come in, and what they must never say.
fn check_numbers(args: &[&str], there: &[(&str, &str)], graph: &str) {
    let agent = Served::start(args, there);
    assert_eq!(agent.wait_for("/healthz", 200).body, "ok\n");
    assert_eq!(
        agent.wait_for("/readyz", 200).body,
        "settings: ok\ngraph: ok\n"
    );
    let full = "polar_provenance_passes_total{kind=\"full\",outcome=\"done\"}";
    let incremental = "polar_provenance_passes_total{kind=\"incremental\",outcome=\"done\"}";
    agent.wait_until(|numbers| numbers[full] > 0.0 && numbers[incremental] > 0.0);
    let numbers = agent.numbers();
    let build = format!("polar_provenance_build_info{{version=\"0.1.0\",graph=\"{graph}\"}}");
    assert_eq!(numbers[&build], 1.0);
    assert_eq!(numbers["polar_provenance_writer"], 1.0);
    for rule in ["same-as", "pointed-to", "unsigned"] {
        let seconds = format!("polar_provenance_rule_seconds_total{{rule=\"{rule}\"}}");
        assert!(numbers.contains_key(&seconds), "{rule}");
    }
    let created = numbers["polar_provenance_rule_created_total{rule=\"same-as\"}"];
    let pass_count = "polar_provenance_pass_duration_seconds_count{kind=\"full\"}";
    assert_eq!(numbers[pass_count], numbers[full]);
    // 12 of the demo's images are the same as a tag's; the graph is empty, or has them already.
    let matched = numbers["polar_provenance_rule_matched{rule=\"same-as\"}"];
    assert_eq!(created, matched);
    let text = agent.get("/metrics").body;
    for secret in ["checkout", "alice", "sha256:", "bolt://", "127.0.0.1"] {
        assert!(!text.contains(secret), "{secret}");
    }
    let log = agent.stop();
    for line in &log {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        for field in ["timestamp", "level", "target", "message"] {
            assert!(line[field].is_string(), "{line}");
        }
    }
    let done = log.iter().find(|line| line.contains("\"pass done\""));
    let done: serde_json::Value = serde_json::from_str(done.unwrap()).unwrap();
    // Fields stand beside the message, as they are.
    assert_eq!(done["full"], true);
    assert!(done["created"].is_u64(), "{done}");
}

#[test]
fn numbers_of_an_agent_on_an_embedded_graph() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    assert_eq!(polar(&["--graph", &graph, "ingest", DEMO], &[]).code, 0);
    let args = ["--graph", &graph, "--every", "100ms"];
    check_numbers(&args, &[], "embedded");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_an_agent_on_neo4j_and_of_one_that_stands_by() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = variables(&shared.settings);
    tokio::task::block_in_place(|| {
        assert_eq!(polar(&["ingest", DEMO], &there).code, 0);
        check_numbers(&["--every", "100ms"], &there, "neo4j");
        let writer = Served::start(&["--every", "100ms"], &there);
        writer.wait_until(|numbers| numbers["polar_provenance_writer"] == 1.0);
        let high = "polar_provenance_findings{kind=\"unsigned\",severity=\"medium\"}";
        let findings = |numbers: &std::collections::BTreeMap<String, f64>| {
            let of = |(name, _): &(&String, &f64)| name.starts_with("polar_provenance_findings{");
            numbers.iter().filter(of).count()
        };
        writer.wait_until(|numbers| findings(numbers) > 3);
        assert!(
            writer
                .numbers()
                .keys()
                .any(|name| name.contains("unsigned")),
            "{high}"
        );
        let other = Served::start(&["--every", "100ms", "--lease", "1s"], &there);
        assert_eq!(other.wait_for("/readyz", 200).status, 200);
        assert_eq!(other.get("/healthz").status, 200);
        let numbers = other.numbers();
        assert_eq!(numbers["polar_provenance_writer"], 0.0);
        assert_eq!(findings(&numbers), 0);
        writer.stop();
        other.wait_until(|numbers| {
            numbers["polar_provenance_writer"] == 1.0 && findings(numbers) > 3
        });
        other.stop();
    });
    wipe(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_graph_that_goes_away_makes_it_unready_and_one_that_is_silent_makes_it_hung() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let mut settings = shared.settings.clone();
    let to = settings.endpoint.rsplit('/').next().unwrap();
    let stall = Stall::start(to);
    settings.endpoint = format!("bolt://127.0.0.1:{}", stall.port());
    let there = variables(&settings);
    let args = ["--every", "100ms", "--lease", "6s", "--hung-after", "4s"];
    let agent = tokio::task::block_in_place(|| Served::start(&args, &there));
    tokio::task::block_in_place(|| {
        agent.wait_for("/readyz", 200);
        agent.wait_until(|numbers| numbers["polar_provenance_writer"] == 1.0);
        // It answers no more: what waits for it is stuck.
        stall.set(Way::Held);
        let unready = agent.wait_for("/readyz", 503).body;
        assert!(
            unready.contains("graph: does not answer within 3 s"),
            "{unready}"
        );
        let hung = agent.wait_for("/healthz", 503).body;
        assert!(hung.starts_with("hung: "), "{hung}");
        assert!(!hung.contains(settings.password.as_str()));
        stall.set(Way::Open);
        agent.wait_for("/healthz", 200);
        agent.wait_for("/readyz", 200);
        // It is gone: asked for again and again, which is no hanging.
        stall.set(Way::Cut);
        let unready = agent.wait_for("/readyz", 503).body;
        assert!(unready.starts_with("settings: ok\ngraph: "), "{unready}");
        assert!(!unready.contains("127.0.0.1"), "{unready}");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(3) {
            assert_eq!(agent.get("/healthz").body, "ok\n");
            std::thread::sleep(Duration::from_millis(500));
        }
        let failed = "polar_provenance_passes_total{kind=\"unknown\",outcome=\"failed\"}";
        let lost = "polar_provenance_lease_losses_total";
        agent.wait_until(|numbers| numbers[failed] + numbers[lost] > 0.0);
        stall.set(Way::Open);
        agent.wait_for("/readyz", 200);
        agent.stop();
    });
    wipe(&store).await;
}

#[test]
fn requests_that_are_wrong_or_never_end_are_refused_and_hurt_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    let agent = Served::start(&["--graph", &graph, "--every", "1s"], &[]);
    agent.wait_for("/readyz", 200);
    let refused = agent.get("/nothing");
    assert_eq!(refused.status, 404);
    assert!(refused.body.contains("/metrics"), "{refused:?}");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let request =
            format!("{method} /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
        let refused = exchange(agent.address, request.as_bytes());
        assert_eq!(refused.status, 405, "{method} {refused:?}");
        assert!(refused.head.contains("\r\nallow: get, head"), "{refused:?}");
    }
    let head = exchange(agent.address, b"HEAD /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.head.contains("content-length: 3"), "{head:?}");
    let garbage = exchange(agent.address, b"\x16\x03\x01\x02\x00 hello\r\n\r\n");
    assert_ne!(garbage.status, 200);
    let long = format!(
        "GET /healthz HTTP/1.1\r\nx: {}\r\n\r\n",
        "y".repeat(100_000)
    );
    let long = exchange(agent.address, long.as_bytes());
    assert_ne!(long.status, 200, "{long:?}");

    // Some who send a byte now and then: others are answered meanwhile.
    let begin = Instant::now();
    let mut slow: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(agent.address).unwrap();
            stream.write_all(b"GET /healthz HTTP/1.1\r\nx: ").unwrap();
            stream
        })
        .collect();
    for _ in 0..4 {
        assert_eq!(agent.get("/healthz").status, 200);
        for stream in &mut slow {
            drop(stream.write_all(b"y"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(agent.get("/metrics").status, 200);
    // Their time is up in the end, however long they go on.
    for mut stream in slow {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut rest = Vec::new();
        drop(stream.read_to_end(&mut rest));
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
    assert!(begin.elapsed() < PATIENCE);

    // More than there is room for: closed at once, and there is room again when they are gone.
    let many: Vec<_> = (0..100)
        .map(|_| TcpStream::connect(agent.address).unwrap())
        .collect();
    drop(many);
    agent.wait_for("/healthz", 200);
    agent.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_is_counted_with_its_age_and_its_retries() {
    let server = FakeServer::start(|asked| match asked.path.as_str() {
        "/v2/" => Says::json(&json!({})),
        "/v2/_catalog" => Says::json(&json!({"repositories": []})),
        _ => Says::status(404),
    })
    .await;
    tokio::task::block_in_place(|| check_source(server));
}

fn check_source(server: FakeServer) {
    server.fail(0, Fault::status(503));
    let host = server.url.strip_prefix("http://").unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[[registry]]\nhost = \"{host}\"\nplain_http = true\nevery = \"200ms\"\n"
    );
    std::fs::write(&config, text).unwrap();
    let graph = embedded(&folder.path().join("g"));
    let config = config.display().to_string();
    let agent = Served::start(&["--graph", &graph, "--config", &config], &[]);
    let source = format!("source=\"registry {host}\"");
    let complete =
        format!("polar_provenance_source_readings_total{{{source},outcome=\"complete\"}}");
    agent.wait_until(|numbers| numbers[&complete] > 1.0);
    let numbers = agent.numbers();
    assert_eq!(
        numbers[&format!("polar_provenance_source_retries_total{{{source}}}")],
        1.0
    );
    assert!(numbers[&format!("polar_provenance_source_observations_total{{{source}}}")] > 0.0);
    let age = format!("polar_provenance_source_age_seconds{{{source}}}");
    assert!(numbers[&age] < 60.0);
    agent.stop();

    // Out of reach from now on: the next process asks the graph how old it is.
    drop(server);
    let agent = Served::start(&["--graph", &graph, "--config", &config], &[]);
    agent.wait_until(|numbers| numbers.contains_key(&age));
    let first = agent.numbers()[&age];
    agent.wait_until(|numbers| numbers[&age] > first + 1.0);
    assert!(first < 120.0, "{first}");
    agent.stop();
}

#[test]
fn an_address_that_cannot_be_had_is_an_error_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    let args = ["agent", "--graph", &graph, "--listen", &address];
    let run = polar(&args, &[]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr.contains(&address) && run.stderr.contains("--listen"),
        "{run:?}"
    );
    let run = polar(
        &["agent", "--graph", &graph],
        &[("PROVENANCE_LISTEN", "here")],
    );
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("0.0.0.0:9464"), "{run:?}");
}

#[test]
fn an_error_is_a_line_of_json_where_logs_are() {
    let json = [("PROVENANCE_LOG_FORMAT", "json")];
    let run = polar(&["status", "--graph", "neo4j"], &json);
    assert_eq!(run.code, 2);
    let line: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(line["level"], "ERROR");
    assert_eq!(line["exit_code"], 2);
    assert!(
        line["message"].as_str().unwrap().contains("GRAPH_ENDPOINT"),
        "{line}"
    );
    let nobody = ("GRAPH_ENDPOINT", "bolt://127.0.0.1:1");
    let there = [
        json[0],
        nobody,
        ("GRAPH_USER", "neo4j"),
        ("GRAPH_PASSWORD", "hunter2"),
    ];
    let run = polar(&["status"], &there);
    assert_eq!(run.code, 3);
    let line: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(line["exit_code"], 3);
    assert!(!run.stderr.contains("hunter2"));
    let run = polar(&["status", "--log-format", "xml"], &[]);
    assert_eq!(run.code, 2);
    assert!(
        run.stderr.contains("possible values: text, json"),
        "{run:?}"
    );
}
