//! Taking observations in, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use polar_graph::{GraphStore, Statement};
use polar_ingest::{BATCH, Ingest, Report};
use polar_testkit::{dump, on_both, wipe};
use serde_json::json;

type Store = Arc<dyn GraphStore>;

const FACTS: &str = include_str!("../../../demo/observations.jsonl");

async fn at(store: &dyn GraphStore, now: &str, lines: &[u8]) -> (Report, Vec<String>) {
    let now: Timestamp = now.parse().unwrap();
    let mut problems = Vec::new();
    let mut intake = Ingest::new(store, |problem| problems.push(problem.to_string()));
    intake = intake.with_clock(move || now);
    intake.lines(lines, |_| ()).await.unwrap();
    let report = intake.report().clone();
    drop(intake);
    (report, problems)
}

async fn touched(store: &dyn GraphStore) -> BTreeMap<String, String> {
    let text = "MATCH (r:ImageReference) RETURN r.key AS key, r.touched_at AS at";
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows.iter()
        .map(|row| {
            (
                row.text("key").to_owned(),
                row.get("at").to_json().to_string(),
            )
        })
        .collect()
}

#[tokio::test]
async fn known_facts_write_nothing_and_touch_nothing() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let (first, _) = at(store, "2026-01-01T00:00:00Z", FACTS.as_bytes()).await;
        assert!(first.written.nodes_created > 200, "{first:?}");
        let (graph, times) = (dump(store).await, touched(store).await);
        let (second, _) = at(store, "2026-02-02T00:00:00Z", FACTS.as_bytes()).await;
        assert!(second.written.is_zero(), "{second:?}");
        assert_eq!(second.observations, first.observations);
        assert_eq!(dump(store).await, graph);
        assert_eq!(touched(store).await, times);
    })
    .await;
}

#[tokio::test]
async fn only_the_references_around_a_change_are_touched() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let image = |tag: &str, pushed_at: &str| {
            let fact = json!({"v": 1, "type": "registry_image", "registry": "r.example.com",
                "repository": "a/b", "tag": tag, "digest": format!("sha256:{}", "a".repeat(64)),
                "pushed_at": pushed_at});
            format!("{fact}\n")
        };
        let (old, new) = ("2026-03-03T00:00:00Z", "2026-04-04T00:00:00Z");
        let before = image("1", old) + &image("2", old);
        let after = image("1", old) + &image("2", new);
        at(store, "2026-01-01T00:00:00Z", before.as_bytes()).await;
        let first = touched(store).await;
        let (report, _) = at(store, "2026-02-02T00:00:00Z", after.as_bytes()).await;
        assert_eq!(
            report.written.nodes_created + report.written.edges_created,
            0
        );
        let moved: Vec<_> = touched(store)
            .await
            .into_iter()
            .filter(|(key, at)| first[key] != *at)
            .map(|(key, _)| key)
            .collect();
        let digest = format!("r.example.com/a/b@sha256:{}", "a".repeat(64));
        assert_eq!(moved, ["r.example.com/a/b:2".to_owned(), digest]);
    })
    .await;
}

#[tokio::test]
async fn the_order_of_facts_does_not_matter() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        // What begins a reading comes before what it reads, of course.
        let is_fact = |line: &&str| !line.contains("source_started");
        let mut lines: Vec<_> = FACTS.lines().filter(is_fact).collect();
        let mut graph = None;
        for round in 0..4 {
            at(store, "2026-01-01T00:00:00Z", lines.join("\n").as_bytes()).await;
            let found = dump(store).await;
            assert!(
                *graph.get_or_insert(found.clone()) == found,
                "round {round}"
            );
            wipe(store).await;
            // Turned round, then dealt out like cards.
            lines.reverse();
            let dealt = (0..7).flat_map(|first| lines.iter().copied().skip(first).step_by(7));
            lines = dealt.collect();
        }
    })
    .await;
}

#[tokio::test]
async fn a_bad_line_takes_no_good_one_with_it() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let good = |number: usize| {
            let fact = json!({"v": 1, "type": "git_commit", "oid": format!("{number:040x}")});
            format!("{fact}\n").into_bytes()
        };
        let bad: [(&[u8], &str); 7] = [
            (
                b"{\"v\":1,\"type\":\"git_commit\",\"oid\":\"\xff\"}\n",
                "UTF-8",
            ),
            (b"{\"v\":1,\"type\":\"git_commit\"\n", "not JSON"),
            (
                b"{\"v\":1,\"type\":\"git_commit\"}\n",
                "missing field `oid`",
            ),
            (
                b"{\"v\":2,\"type\":\"git_commit\",\"oid\":\"a\"}\n",
                "schema version",
            ),
            (b"{\"v\":1,\"oid\":\"a\"}\n", "`type`"),
            (b"[1]\n", "not a JSON object"),
            (
                b"{\"v\":1,\"type\":\"git_commit\",\"oid\":7}\n",
                "invalid type",
            ),
        ];
        let mut lines = Vec::new();
        for (number, (line, _)) in bad.iter().enumerate() {
            lines.extend(good(number));
            lines.extend(*line);
        }
        // More than one batch, and no line feed at the end.
        for number in bad.len()..BATCH + 5 {
            lines.extend(good(number));
        }
        lines.pop();
        let (report, problems) = at(store, "2026-01-01T00:00:00Z", &lines).await;
        assert_eq!(report.bad_lines, bad.len() as u64);
        assert_eq!(report.observations, (BATCH + 5) as u64);
        assert_eq!(report.written.nodes_created, (BATCH + 5) as u64);
        assert_eq!(problems.len(), bad.len());
        for (number, ((_, says), problem)) in bad.iter().zip(&problems).enumerate() {
            let place = format!("{}: ", 2 * (number + 1));
            assert!(problem.starts_with(&place), "{problem}");
            assert!(problem.contains(says), "no `{says}` in {problem}");
        }
    })
    .await;
}

#[tokio::test]
async fn data_stays_data() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        for text in [
            "'}) DETACH DELETE n //",
            "\"`}]\\u0000\u{0}\n$rows",
            "ﷺ 🦀 \u{202e}",
        ] {
            let fact = json!({"v": 1, "type": "git_commit", "oid": text, "title": text});
            at(
                store,
                "2026-01-01T00:00:00Z",
                format!("{fact}\n").as_bytes(),
            )
            .await;
            let read = Statement::new("MATCH (c:GitCommit {key: $key}) RETURN c.title AS title");
            let rows = store.read(read.with("key", text)).await.unwrap();
            assert_eq!(rows.len(), 1, "{text:?}");
            assert_eq!(rows[0].text("title"), text);
        }
    })
    .await;
}
