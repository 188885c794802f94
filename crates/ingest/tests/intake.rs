//! Taking observations in, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use polar_graph::{GraphStore, Statement};
use polar_ingest::{BATCH, Ingest, Report};
use polar_model::{ParsedLine, parse_line};
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
        // And the prefix that all of them begin with, and the log of changes.
        assert_eq!(report.written.nodes_created, (BATCH + 5 + 2) as u64);
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

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// A pod whose container reports `image@digest`.
fn pod(uid: &str, image: &str, digest: &str) -> String {
    json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": uid, "uid": uid,
           "workload": {"kind": "Deployment", "name": "app"},
           "containers": [{"name": "app", "image": format!("r.example.com/{image}:1"),
                           "image_id": format!("r.example.com/{image}@{digest}")}]})
    .to_string()
}

fn held(repository: &str, tag: &str) -> String {
    json!({"v": 1, "type": "registry_image", "registry": "r.example.com", "repository": repository,
           "tag": tag, "digest": digest('a')})
    .to_string()
}

fn reading(event: &str, kind: &str, scope: &str) -> String {
    let time = if event == "source_started" {
        "started_at"
    } else {
        "complete_at"
    };
    json!({"v": 1, "type": event, "kind": kind, "scope": scope, time: "2026-03-03T00:00:00Z"})
        .to_string()
}

async fn take(store: &dyn GraphStore, lines: &[String]) -> Report {
    let (report, problems) = at(store, "2026-01-01T00:00:00Z", lines.join("\n").as_bytes()).await;
    assert_eq!(problems, [] as [&str; 0]);
    assert_eq!(report.observations, lines.len() as u64);
    report
}

/// Keys of the nodes that are gone.
async fn gone(store: &dyn GraphStore) -> Vec<String> {
    let text = "MATCH (n) WHERE n.gone_at IS NOT NULL RETURN n.key AS key ORDER BY key";
    let rows = store.read(Statement::new(text)).await.unwrap();
    rows.iter().map(|row| row.text("key").to_owned()).collect()
}

/// Edges of a type that hold no longer, and those that hold, by the keys of their ends.
async fn edges(store: &dyn GraphStore, edge: &str) -> [Vec<String>; 2] {
    let mut found = [Vec::new(), Vec::new()];
    for (list, condition) in found.iter_mut().zip(["IS NOT NULL", "IS NULL"]) {
        let text = format!(
            "MATCH (a)-[e:{edge}]->(b) WHERE e.until {condition} AND labels(a)[0] <> 'ImageTag'
             RETURN a.key AS a, b.key AS b"
        );
        let rows = store.read(Statement::new(text)).await.unwrap();
        list.extend(
            rows.iter()
                .map(|row| format!("{} {}", row.text("a"), row.text("b"))),
        );
        list.sort();
    }
    found
}

#[tokio::test]
async fn what_a_container_ran_before_is_closed_and_comes_back() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let [a, b] = ['a', 'b'].map(digest);
        let (first, second) = (pod("u", "app", &a), pod("u", "other", &b));
        let key = |what: &str| format!("c/u/app {what}");
        take(store, std::slice::from_ref(&first)).await;
        let graph = dump(store).await;
        for _ in 0..2 {
            take(store, std::slice::from_ref(&second)).await;
            assert_eq!(edges(store, "REPORTS").await, [[key(&a)], [key(&b)]]);
            let names = [[key("r.example.com/app:1")], [key("r.example.com/other:1")]];
            assert_eq!(edges(store, "IDENTIFIES").await, names);
            assert!(
                take(store, std::slice::from_ref(&second))
                    .await
                    .written
                    .is_zero()
            );
            take(store, std::slice::from_ref(&first)).await;
            assert_eq!(edges(store, "REPORTS").await, [[key(&b)], [key(&a)]]);
        }
        // Within one batch the later one holds, and the earlier one is as if it was never said.
        wipe(store).await;
        take(store, &[second, first]).await;
        assert_eq!(edges(store, "REPORTS").await, [vec![], vec![key(&a)]]);
        assert!(graph.iter().all(|line| !line.contains("until")));
    })
    .await;
}

#[tokio::test]
async fn a_revoked_approval_is_closed() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let request = |approvals: serde_json::Value| {
            json!({"v": 1, "type": "merge_request", "instance": "g", "project": "p", "iid": 1,
                   "author": "alice", "approvals": approvals})
            .to_string()
        };
        let bruno = json!({"user": "bruno", "approved_at": "2026-01-01T00:00:00Z"});
        let dana = json!({"user": "dana"});
        take(store, &[request(json!([bruno, dana]))]).await;
        let [bruno_key, dana_key] = ["bruno", "dana"].map(|user| format!("g/{user} g/p!1"));
        let both = vec![bruno_key.clone(), dana_key.clone()];
        assert_eq!(edges(store, "APPROVED").await, [vec![], both]);
        take(store, &[request(json!([dana]))]).await;
        assert_eq!(edges(store, "APPROVED").await, [[bruno_key], [dana_key]]);
        assert_eq!(edges(store, "AUTHORED").await[1], ["g/alice g/p!1"]);
    })
    .await;
}

#[tokio::test]
async fn what_a_complete_reading_does_not_name_is_gone_until_it_is_seen_again() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let a = digest('a');
        let both = [pod("u1", "app", &a), pod("u2", "app", &a)];
        let (begin, end) = (
            reading("source_started", "kubernetes", "c"),
            reading("source_complete", "kubernetes", "c"),
        );
        let workload = json!({"v": 1, "type": "kube_workload", "cluster": "c", "namespace": "n",
                              "kind": "Deployment", "name": "app"});
        let begin = [begin, workload.to_string()];
        let read = |pods: &[String]| [&begin, pods, std::slice::from_ref(&end)].concat();
        take(store, &read(&both)).await;
        assert_eq!(gone(store).await, [] as [&str; 0]);
        let graph = dump(store).await;
        // Not complete, never begun, or another cluster: nobody knows.
        take(store, &[begin[0].clone(), both[0].clone()]).await;
        take(store, &[both[0].clone(), end.clone()]).await;
        let other =
            ["source_started", "source_complete"].map(|event| reading(event, "kubernetes", "d"));
        take(store, &other).await;
        assert_eq!(gone(store).await, [] as [&str; 0]);
        take(store, &read(&both[..1])).await;
        assert_eq!(gone(store).await, ["c/u2", "c/u2/app"]);
        assert!(take(store, &read(&both[..1])).await.written.is_zero());
        let others = graph.iter().filter(|line| !line.contains("(Source "));
        take(store, &read(&both)).await;
        let found = dump(store).await;
        let found = found.iter().filter(|line| !line.contains("(Source "));
        assert!(found.eq(others));
    })
    .await;
}

#[tokio::test]
async fn a_repository_in_a_registry_is_closed_by_itself() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let [begin, end] = ["source_started", "source_complete"];
        let within = |event: &str, scope: &str| reading(event, "registry", scope);
        let (host, one, two) = ("r.example.com", "r.example.com/one", "r.example.com/two");
        let first = [
            within(begin, host),
            within(begin, one),
            held("one", "1"),
            held("one", "2"),
            within(end, one),
            within(begin, two),
            held("two", "1"),
            within(end, two),
            within(end, host),
        ];
        take(store, &first).await;
        assert_eq!(gone(store).await, [] as [&str; 0]);
        // The reading of `two` fails, so that the registry is not complete either.
        let second = [
            within(begin, host),
            within(begin, one),
            held("one", "1"),
            within(end, one),
            within(begin, two),
        ];
        take(store, &second).await;
        let moved = format!("r.example.com/one:2@{}", digest('a'));
        assert_eq!(gone(store).await, std::slice::from_ref(&moved));
        // A repository that the catalogue has no more.
        let third = [
            within(begin, host),
            within(begin, one),
            held("one", "1"),
            within(end, one),
            within(end, host),
        ];
        take(store, &third).await;
        let other = format!("r.example.com/two:1@{}", digest('a'));
        assert_eq!(gone(store).await, [moved, other]);
    })
    .await;
}

#[tokio::test]
async fn the_earliest_sight_is_kept() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let seen = |time: &str| {
            let mut line: serde_json::Value = serde_json::from_str(&held("one", "1")).unwrap();
            line["seen_at"] = time.into();
            line.to_string()
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-02-02T00:00:00Z");
        let text = "MATCH (n:ACRImage) RETURN n.first_seen AS at";
        for times in [[late, early], [early, late]] {
            wipe(store).await;
            for time in times {
                take(store, &[seen(time)]).await;
            }
            assert!(take(store, &[seen(late)]).await.written.is_zero());
            let rows = store.read(Statement::new(text)).await.unwrap();
            assert_eq!(
                rows[0].get("at"),
                &early.parse::<Timestamp>().unwrap().into()
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_said_to_be_gone_is_marked_once() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let pod = json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n", "name": "p",
            "uid": "u", "workload": {"kind": "Deployment", "name": "d"},
            "containers": [{"name": "a", "image": "r.example.com/a:1"}]})
        .to_string();
        let Ok(ParsedLine::Known { observation, .. }) = parse_line(&pod) else {
            panic!("a pod")
        };
        let gone = async || {
            let mut intake = Ingest::new(store, |_| ());
            let observations = std::slice::from_ref(observation.as_ref());
            intake.gone(observations).await.unwrap();
            intake.report().written
        };
        let marked = "MATCH (n) WHERE n.gone_at IS NOT NULL RETURN n.key AS key ORDER BY key";
        assert!(gone().await.is_zero(), "nobody knows it");
        at(store, "2026-01-01T00:00:00Z", pod.as_bytes()).await;
        assert!(!gone().await.is_zero());
        let rows = store.read(Statement::new(marked)).await.unwrap();
        let keys: Vec<_> = rows.iter().map(|row| row.text("key")).collect();
        assert_eq!(keys, ["c/u", "c/u/a"], "and not its Deployment");
        assert!(gone().await.is_zero(), "it is marked already");
        at(store, "2026-02-02T00:00:00Z", pod.as_bytes()).await;
        assert_eq!(store.read(Statement::new(marked)).await.unwrap(), []);
    })
    .await;
}
