//! Traces, as a collector over real HTTP gets them.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value, trace::v1::Span,
};
use polar_testkit::{Answer, Asked, FakeServer, Fault, SharedNeo4j, neo4j, wipe};
use prost::Message;

use crate::{
    common::{Outcome, embedded, polar, variables},
    scrape::Served,
};

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../demo/observations.jsonl");
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: (&str, &str) = ("OTEL_EXPORTER_OTLP_HEADERS", "x-api-key=hunter2");
const DELAY: (&str, &str) = ("OTEL_BSP_SCHEDULE_DELAY", "100");

async fn collector() -> FakeServer {
    FakeServer::start(|_| Answer::bytes("application/x-protobuf", Vec::new())).await
}

/// All spans that came, with the attributes of what they are about.
struct Got {
    spans: Vec<Span>,
    about: BTreeMap<String, String>,
}

fn got(asked: &[Asked]) -> Got {
    let mut got = Got {
        spans: Vec::new(),
        about: BTreeMap::new(),
    };
    for asked in asked {
        assert_eq!(
            (asked.method.as_str(), asked.path.as_str()),
            ("POST", "/v1/traces")
        );
        assert_eq!(asked.headers["content-type"], "application/x-protobuf");
        assert_eq!(asked.headers["x-api-key"], "hunter2");
        let request = ExportTraceServiceRequest::decode(asked.bytes.as_slice()).unwrap();
        for resource in request.resource_spans {
            for attribute in resource.resource.unwrap().attributes {
                if let Some(Value::StringValue(text)) = attribute.value.unwrap().value {
                    got.about.insert(attribute.key, text);
                }
            }
            let scopes = resource.scope_spans.into_iter();
            got.spans.extend(scopes.flat_map(|scope| scope.spans));
        }
    }
    got
}

impl Got {
    fn named(&self, begin: &str) -> Vec<&Span> {
        let named = self.spans.iter();
        named.filter(|span| span.name.starts_with(begin)).collect()
    }

    /// Names from a span up to its root.
    fn way_up(&self, span: &Span) -> Vec<String> {
        let mut way = vec![span.name.clone()];
        let mut parent = &span.parent_span_id;
        while let Some(span) = self.spans.iter().find(|span| span.span_id == *parent) {
            way.push(span.name.clone());
            parent = &span.parent_span_id;
        }
        way
    }
}

fn check_run(asked: &[Asked], run: &Outcome, system: &str) {
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!run.stderr.contains("hunter2"), "{run:?}");
    let got = got(asked);
    assert_eq!(got.about["service.name"], "polar-provenance");
    assert_eq!(got.about["service.version"], "0.1.0");
    let pass = got.named("pass");
    assert_eq!(pass.len(), 1);
    assert!(pass[0].parent_span_id.is_empty());
    let rule = got.named("rule same-as");
    assert_eq!(got.way_up(rule[0]), ["rule same-as", "pass"]);
    assert!(rule[0].end_time_unix_nano >= rule[0].start_time_unix_nano);
    let writes = got.named("write ");
    let of_rule = writes
        .iter()
        .find(|span| span.parent_span_id == rule[0].span_id);
    let attributes = &of_rule.unwrap().attributes;
    let value = |key: &str| {
        let found = attributes.iter().find(|attribute| attribute.key == key);
        found.unwrap().value.clone().unwrap().value.unwrap()
    };
    assert_eq!(
        value("db.system.name"),
        Value::StringValue(system.to_owned())
    );
    // Statements, and nothing of what they are about.
    for span in &got.spans {
        assert_eq!(span.trace_id, pass[0].trace_id, "{span:?}");
        let text = format!("{span:?}");
        for data in ["acme", "checkout", "sha256:"] {
            assert!(!text.contains(data), "{text}");
        }
    }
}

async fn check_pass(there: &[(&str, &str)], graph: &[&str], system: &str) {
    let collector = collector().await;
    let mut there = there.to_vec();
    let ingest = [graph, &["ingest", DEMO]].concat();
    assert_eq!(polar(&ingest, &there).code, 0);
    there.extend([(ENDPOINT, collector.url.as_str()), HEADERS]);
    let run = tokio::task::block_in_place(|| polar(&[graph, &["reconcile"]].concat(), &there));
    check_run(&collector.asked(), &run, system);
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_a_pass_on_an_embedded_graph() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    check_pass(&[], &["--graph", &graph], "embedded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_a_pass_on_neo4j() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    check_pass(&variables(&shared.settings), &[], "neo4j").await;
    wipe(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_of_a_reading_and_its_batches() {
    let collector = collector().await;
    let registry = FakeServer::start(|asked| match asked.path.as_str() {
        "/v2/" => Answer::json(&serde_json::json!({})),
        "/v2/_catalog" => Answer::json(&serde_json::json!({"repositories": []})),
        _ => Answer::status(404),
    })
    .await;
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    let config = folder.path().join("config.toml");
    let host = registry.url.strip_prefix("http://").unwrap();
    let text = format!("[[registry]]\nhost = \"{host}\"\nplain_http = true\nevery = \"200ms\"\n");
    std::fs::write(&config, text).unwrap();
    let there = [
        (ENDPOINT, collector.url.as_str()),
        HEADERS,
        ("OTEL_SERVICE_NAME", "provenance-weu"),
    ];
    let config = config.display().to_string();
    let args = ["--graph", &graph, "--config", &config, "--every", "100ms"];
    let log = tokio::task::block_in_place(|| {
        let agent = Served::start(&args, &there);
        let read = format!(
            "polar_provenance_source_readings_total{{source=\"registry {host}\",outcome=\"complete\"}}"
        );
        agent.wait_until(|numbers| numbers[&read] > 1.0);
        agent.stop()
    });
    // The last spans come as the process ends.
    let got = got(&collector.asked());
    assert_eq!(got.about["service.name"], "provenance-weu");
    let reading = format!("reading registry {host}");
    let batch = got.named("ingest batch");
    assert_eq!(got.way_up(batch[0]), ["ingest batch", reading.as_str()]);
    // A batch of facts that the graph has already writes nothing.
    let names = |span: &Span| got.way_up(span).join(" < ");
    let ways: Vec<_> = got.spans.iter().map(names).collect();
    let is_of_batch = |way: &String| way.contains(&format!(" < ingest batch < {reading}"));
    assert!(ways.iter().any(is_of_batch), "{ways:#?}");
    assert!(!got.named("pass").is_empty());
    // Spans are no logs.
    assert!(
        log.iter()
            .all(|line| !line.contains("ingest batch") && !line.contains("hunter2"))
    );
}

/// An agent goes on as ever with a collector that is no good, and says so once.
fn check_unaffected(endpoint: &str) {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("g"));
    let there = [(ENDPOINT, endpoint), HEADERS, DELAY];
    let agent = Served::start(&["--graph", &graph, "--every", "100ms"], &there);
    let passes = "polar_provenance_passes_total{kind=\"incremental\",outcome=\"done\"}";
    agent.wait_until(|numbers| numbers[passes] > 20.0);
    let begin = Instant::now();
    let log = agent.stop();
    // 3 s for the last spans, and not for ever.
    assert!(begin.elapsed() < Duration::from_secs(30), "{log:#?}");
    let told = log
        .iter()
        .filter(|line| line.contains("traces are not delivered"));
    assert!(told.count() <= 1, "{log:#?}");
    let all = log.join("\n");
    assert!(!all.contains("hunter2"), "{all}");
    let about_traces = log
        .iter()
        .filter(|line| line.contains("trace") || line.contains("otel"));
    assert!(about_traces.count() <= 1, "{log:#?}");
}

#[test]
fn a_collector_that_is_not_there_costs_nothing_but_a_line() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", nobody.local_addr().unwrap());
    drop(nobody);
    check_unaffected(&endpoint);
}

#[test]
fn nor_does_one_that_never_answers() {
    // Connections wait in its queue, and nobody takes them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    check_unaffected(&format!("http://{}", silent.local_addr().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_one_that_fails() {
    let collector = collector().await;
    collector.fail_from(0, Fault::status(500));
    tokio::task::block_in_place(|| check_unaffected(&collector.url));
    assert!(!collector.asked().is_empty());
}

#[test]
fn settings_of_traces_that_cannot_work_are_told() {
    for (name, value, wanted) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        (
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            "/nonexistent/ca.pem",
            "/nonexistent/ca.pem",
        ),
        (
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
            "not an address",
            "TRACES_ENDPOINT",
        ),
    ] {
        let there = [(ENDPOINT, "http://127.0.0.1:1"), HEADERS, (name, value)];
        let run = polar(&["normalize", "alpine"], &there);
        assert_eq!(run.code, 2, "{name}: {run:?}");
        assert!(run.stderr.contains(wanted), "{name}: {run:?}");
        assert!(!run.stderr.contains("hunter2"), "{run:?}");
        // Nothing is asked of traces that are off.
        let off = [there.as_slice(), &[("OTEL_SDK_DISABLED", "true")]].concat();
        assert_eq!(polar(&["normalize", "alpine"], &off).code, 0);
    }
}
