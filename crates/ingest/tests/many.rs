//! Much at once is compared by the server and written in one statement; it says what little by little says.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{
    collections::HashSet,
    fmt::Write,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use polar_graph::{Engine, GraphStore, Statement};
use polar_ingest::Ingest;
use polar_testkit::{Planner, SharedNeo4j, Tapped, When, dump, neo4j, on_both, wipe};

const FACTS: &str = include_str!("../../../demo/observations.jsonl");

/// Few enough that nothing is compared by the server or written together.
const FEW: usize = 50;
/// Enough that both are.
const MANY: usize = 700;

/// What an estate looks like on a day. From one to the next, tags are moved, pods lose a container, approvals
/// are taken back, and properties come, go, or become hostile.
fn estate(day: usize) -> String {
    let mut lines = String::new();
    for number in 0..500 {
        let moved = if number % 7 == 0 { day } else { 0 };
        let digest = format!("sha256:{number:032x}{moved:032x}");
        let image = format!("r.example.com/g/app-{}:{number}", number % 9);
        writeln!(lines, r#"{{"v":1,"type":"registry_image","registry":"r.example.com","repository":"g/app-{}","tag":"{number}","digest":"{digest}","seen_at":"2026-03-0{day}T00:00:00Z"}}"#, number % 9).unwrap();
        let phase = match (number + day) % 11 {
            0 => "",
            1 => r#","phase":"[[]]""#,
            2 => r#","phase":"`]) = row[2] // ""#,
            _ => r#","phase":"Running""#,
        };
        let second = if number % 5 == 0 && day == 2 {
            String::new()
        } else {
            format!(
                r#",{{"name":"b","image":"{image}","image_id":"r.example.com/g/app@{digest}"}}"#
            )
        };
        writeln!(lines, r#"{{"v":1,"type":"kube_pod","cluster":"c","namespace":"n","name":"p-{number}","uid":"u-{number}"{phase},"containers":[{{"name":"a","image":"{image}","image_id":"r.example.com/g/app@{digest}"}}{second}]}}"#).unwrap();
        let (one, other) = (number % 3, (number + day) % 5);
        writeln!(lines, r#"{{"v":1,"type":"merge_request","instance":"g.example.com","project":"a/b","iid":{number},"title":"t","author":"ann","approvals":[{{"user":"u{one}"}},{{"user":"u{other}"}}],"state":"merged","commits":["{number:040x}"]}}"#).unwrap();
    }
    lines
}

/// Whether anything was written.
async fn taken_in(store: &dyn GraphStore, lines: &str, batch: usize) -> bool {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let mut intake = Ingest::new(store, |_| ())
        .with_clock(move || now)
        .with_batch(batch);
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    assert_eq!(intake.report().bad_lines, 0);
    !intake.report().written.is_zero()
}

#[tokio::test]
async fn much_at_once_says_what_little_by_little_says() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let days = [1, 2, 1].map(estate);
        let mut graphs = Vec::new();
        for day in &days {
            taken_in(store.as_ref(), day, FEW).await;
            graphs.push(dump(store.as_ref()).await);
        }
        wipe(store.as_ref()).await;

        let texts = Arc::new(Mutex::new(HashSet::new()));
        let seen = Arc::clone(&texts);
        let tapped = Tapped::new(Arc::clone(&store), move |_, call| {
            seen.lock().unwrap().extend(call.texts.iter().cloned());
            async {}
        });
        for (day, graph) in days.iter().zip(&graphs) {
            assert!(taken_in(&tapped, day, MANY).await);
            assert_eq!(&dump(store.as_ref()).await, graph);
            assert!(!taken_in(&tapped, day, MANY).await);
        }
        let has = |part: &str| texts.lock().unwrap().iter().any(|text| text.contains(part));
        let is_server = store.engine() == Engine::Neo4j;
        assert_eq!(has("$edges_0"), is_server, "written together");
        assert_eq!(has("= row[2]"), is_server, "nodes compared");
        assert_eq!(has("= row[3]"), is_server, "edges compared");
        assert_eq!(has("IN row.named"), is_server, "sets compared");
    })
    .await;
}

/// An end that somebody removed meanwhile leaves out its edge, and moves no other edge to another end.
#[tokio::test]
async fn an_end_that_is_gone_moves_no_edge() {
    on_both(async |store: Arc<dyn GraphStore>| {
        taken_in(store.as_ref(), &estate(1), FEW).await;
        let graph = dump(store.as_ref()).await;
        let remove = async |store: &dyn GraphStore| {
            let namespace = "MATCH (gone:KubeNamespace) DETACH DELETE gone";
            store.write(vec![Statement::new(namespace)]).await.unwrap();
        };
        let pods = "MATCH (pod:KubePod) DETACH DELETE pod";
        store.write(vec![Statement::new(pods)]).await.unwrap();
        let other = Arc::clone(&store);
        let overtaken = Tapped::new(Arc::clone(&store), move |when, call| {
            let other = (when == When::Before && call.writes).then(|| Arc::clone(&other));
            async move {
                if let Some(other) = other {
                    remove(other.as_ref()).await;
                }
            }
        });
        taken_in(&overtaken, &estate(1), 1_500).await;
        let of_namespace = |line: &String| line.contains("KubeNamespace");
        let without: Vec<_> = graph.iter().filter(|line| !of_namespace(line)).collect();
        let left = dump(store.as_ref()).await;
        let left: Vec<_> = left.iter().filter(|line| !of_namespace(line)).collect();
        assert_eq!(left, without);
        taken_in(store.as_ref(), &estate(1), MANY).await;
        assert_eq!(dump(store.as_ref()).await, graph);
    })
    .await;
}

/// A plan that was made for an empty graph is kept while it grows, so it has to be a good one.
#[tokio::test]
async fn statements_begin_at_an_index_in_an_empty_graph_already() {
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    // Once they were full and are empty again, indexes are known to be empty.
    taken_in(&store, FACTS, MANY).await;
    wipe(&store).await;
    let planner = Mutex::new(Planner::connect(&shared.settings));
    let seen = Arc::new(Mutex::new(HashSet::new()));
    let known = Arc::clone(&seen);
    let planned = Tapped::new(Arc::new(store), move |_, call| {
        for text in &call.texts {
            if known.lock().unwrap().insert(text.clone()) {
                let operators = planner.lock().unwrap().operators(text);
                let is_scan =
                    |operator: &String| operator.split(' ').next().unwrap().contains("Scan");
                assert!(!operators.iter().any(is_scan), "{text}\n{operators:#?}");
            }
        }
        async {}
    });
    for facts in [FACTS, &estate(1), &estate(2)] {
        taken_in(&planned, facts, MANY).await;
    }
    let seen = seen.lock().unwrap();
    assert!(seen.len() > 70, "{}", seen.len());
    assert!(seen.iter().any(|text| text.contains("$edges_0")));
    assert!(seen.iter().any(|text| text.contains("= row[3]")));
}
