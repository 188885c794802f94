//! Clocks that jump: back by a day, forward by a year, before the epoch, to the ends of time.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};
use polar_graph::{GraphStore, Statement};
use polar_ingest::Ingest;
use polar_testkit::{on_both, wipe};
use serde_json::{Value, json};

use crate::common::{Store, reconcile};

const DAY: SignedDuration = SignedDuration::from_hours(24);

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// What a registry without times of its own and a cluster say: the tag moves between two digests,
/// and the container that runs changes with it.
fn reading(at: Timestamp, letter: char) -> Vec<Value> {
    let image = "r.example.com/a/b:1";
    let mut facts = Vec::new();
    for (kind, scope) in [("registry", "r.example.com"), ("kubernetes", "c")] {
        facts.push(
            json!({"v": 1, "type": "source_started", "kind": kind, "scope": scope,
                          "started_at": at}),
        );
    }
    facts.push(
        json!({"v": 1, "type": "registry_image", "registry": "r.example.com",
                      "repository": "a/b", "tag": "1", "digest": digest(letter), "seen_at": at}),
    );
    facts.push(json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n",
                      "name": format!("app-{letter}"), "uid": letter.to_string(),
                      "workload": {"kind": "Deployment", "name": "app"}, "seen_at": at,
                      "containers": [{"name": "app", "image": image,
                                      "image_id": format!("r.example.com/a/b@{}", digest(letter))}]}));
    for (kind, scope) in [("registry", "r.example.com"), ("kubernetes", "c")] {
        facts.push(
            json!({"v": 1, "type": "source_complete", "kind": kind, "scope": scope,
                          "complete_at": at}),
        );
    }
    facts
}

/// Takes a reading in while the clock stands at `at`.
async fn take_in(store: &dyn GraphStore, at: Timestamp, letter: char) {
    let lines: String = reading(at, letter)
        .iter()
        .map(|fact| format!("{fact}\n"))
        .collect();
    let mut intake = Ingest::new(store, |problem| panic!("{at}: {problem}")).with_clock(move || at);
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
}

async fn assert_valid(store: &dyn GraphStore, when: &str) {
    let number = async |text: &'static str| {
        let rows = store.read(Statement::new(text)).await.unwrap();
        rows[0].get("number").as_int().unwrap()
    };
    let reversed = "MATCH ()-[r:POINTED_TO]->() WHERE r.until < r.from RETURN count(r) AS number";
    assert_eq!(number(reversed).await, 0, "{when}: an interval is reversed");
    let endless = "MATCH (t:ContainerImageTag)-[r:POINTED_TO]->() WHERE r.until IS NULL
                   RETURN count(r) AS number";
    assert!(number(endless).await <= 1, "{when}: two are current");
    let text = "MATCH (a)-[r]->(b)
                RETURN labels(a)[0] AS a, a.key AS ak, type(r) AS type, r.rule AS rule, r.from AS begins,
                       labels(b)[0] AS b, b.key AS bk";
    let mut seen = std::collections::BTreeSet::new();
    for row in store.read(Statement::new(text)).await.unwrap() {
        assert!(seen.insert(format!("{row:?}")), "{when}: twice: {row:?}");
    }
}

async fn check(store: &dyn GraphStore, jumps: &[Timestamp]) {
    wipe(store).await;
    for (number, at) in jumps.iter().enumerate() {
        let letter = if number % 2 == 0 { 'a' } else { 'b' };
        let when = format!("clock {number} at {at}, after {:?}", &jumps[..number]);
        take_in(store, *at, letter).await;
        reconcile(store).await.unwrap();
        assert_valid(store, &when).await;
        // The same again changes nothing.
        let quiet = reconcile(store).await.unwrap();
        assert!(quiet.written.is_zero(), "{when}: {quiet:?}");
        let before = polar_testkit::dump(store).await;
        take_in(store, *at, letter).await;
        assert!(
            polar_testkit::dump(store).await == before,
            "{when}: known facts are written"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn intervals_are_never_reversed_and_nothing_is_doubled() {
    let now: Timestamp = "2026-05-04T03:00:00Z".parse().unwrap();
    let second = SignedDuration::from_secs(1);
    on_both(async |store: Store| {
        let store = store.as_ref();
        for jumps in [
            vec![now, now - DAY, now + second],
            vec![now, now + DAY * 365, now + second, now + second * 2],
            vec![now, Timestamp::from_second(-1).unwrap(), now + second],
            vec![
                now,
                Timestamp::MIN,
                now + second,
                Timestamp::MAX,
                now + second * 2,
            ],
            // It stands still.
            vec![now, now, now, now],
        ] {
            check(store, &jumps).await;
        }
        wipe(store).await;
    })
    .await;
}

/// The clock jumps in the middle of a batch: facts of one reading have many times.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_in_the_middle_of_a_reading() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let now: Timestamp = "2026-05-04T03:00:00Z".parse().unwrap();
        let tick = Cell::new(0);
        let jumping = move || {
            tick.set(tick.get() + 1);
            let days = [0, -1, 365, -40_000, 3][tick.get() % 5];
            now + DAY * days
        };
        for letter in ['a', 'b', 'a', 'c'] {
            let facts = reading(jumping(), letter);
            let mut intake =
                Ingest::new(store, |problem| panic!("{problem}")).with_clock(jumping.clone());
            for fact in facts {
                intake
                    .lines(format!("{fact}\n").as_bytes(), |_| ())
                    .await
                    .unwrap();
            }
            reconcile(store).await.unwrap();
            assert_valid(store, "a jump in the middle").await;
            assert!(reconcile(store).await.unwrap().written.is_zero());
        }
        wipe(store).await;
    })
    .await;
}
