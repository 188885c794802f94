//! A batch is compared with the graph while the one before it is written. Whatever is where by then,
//! the graph is as if one had come after the other.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use polar_graph::{EmbeddedStore, GraphStore, schema_items};
use polar_ingest::{Ingest, Report};
use polar_testkit::{Tapped, When, dump, on_both, wipe};

const FACTS: &str = include_str!("../../../demo/observations.jsonl");

/// Images that are told of again and again, with times that come late.
fn images() -> String {
    let mut lines = String::new();
    for round in 0..6 {
        for tag in ["1", "2"] {
            let (at, digest) = (6 - round, round % 2);
            lines.push_str(&format!(
                r#"{{"v":1,"type":"registry_image","registry":"r.example.com","repository":"a/b","tag":"{tag}","digest":"sha256:{digest:064x}","pushed_at":"2026-03-0{at}T00:00:00Z","seen_at":"2026-03-0{at}T00:00:00Z"}}"#
            ));
            lines.push('\n');
        }
    }
    lines
}

/// Approvals that are taken back and given again.
fn requests() -> String {
    let mut lines = String::new();
    for round in 0..8 {
        let (one, other) = (round % 2, round % 3);
        lines.push_str(&format!(
            r#"{{"v":1,"type":"merge_request","instance":"g.example.com","project":"a/b","iid":1,"title":"t","author":"ann","approvals":[{{"user":"u{one}"}},{{"user":"u{other}"}}],"state":"merged","commits":["{one:040x}"]}}"#
        ));
        lines.push('\n');
    }
    lines
}

async fn taken_in(store: &dyn GraphStore, lines: &str, batch: usize) -> Report {
    let mut intake = intake(store).with_batch(batch);
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    intake.report().clone()
}

/// Each batch is written to its end before the next one is read.
async fn one_after_the_other(store: &dyn GraphStore, lines: &str, batch: usize) {
    let lines: Vec<&str> = lines.split_inclusive('\n').collect();
    let mut intake = intake(store);
    for lines in lines.chunks(batch) {
        let lines = lines.concat();
        intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
    }
}

fn intake(store: &dyn GraphStore) -> Ingest<'_> {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    Ingest::new(store, |_| ()).with_clock(move || now)
}

async fn empty() -> EmbeddedStore {
    let store = EmbeddedStore::in_memory().unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    store
}

#[tokio::test]
async fn what_is_being_written_counts_as_there() {
    for (lines, sizes) in [
        (images().as_str(), [1, 2, 3]),
        (&requests(), [1, 2, 3]),
        (FACTS, [7, 20, 50]),
    ] {
        for batch in sizes {
            let plain = empty().await;
            one_after_the_other(&plain, lines, batch).await;
            let late = late(empty().await);
            taken_in(&late, lines, batch).await;
            assert_eq!(dump(&late).await, dump(&plain).await, "batches of {batch}");
        }
    }
}

#[tokio::test]
async fn on_both_stores_as_well() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let lines = images() + &requests();
        one_after_the_other(store, &lines, 3).await;
        let graph = dump(store).await;
        wipe(store).await;
        taken_in(store, &lines, 3).await;
        assert_eq!(dump(store).await, graph);
    })
    .await;
}

/// A store in which writes are seen late: the next batch is read before.
fn late(store: EmbeddedStore) -> Tapped {
    Tapped::new(Arc::new(store), |when, call| {
        let waits = when == When::Before && call.writes;
        async move {
            if waits {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    })
}

/// What another writer makes between the look and the write is neither doubled nor an error.
#[tokio::test]
async fn what_somebody_else_was_faster_with_is_there_once() {
    on_both(async |store: Arc<dyn GraphStore>| {
        taken_in(store.as_ref(), FACTS, 2_000).await;
        let graph = dump(store.as_ref()).await;
        wipe(store.as_ref()).await;
        let is_first = Arc::new(AtomicBool::new(true));
        let other = Arc::clone(&store);
        let overtaken = Tapped::new(Arc::clone(&store), move |when, call| {
            let is_beaten =
                when == When::Before && call.writes && is_first.swap(false, Ordering::SeqCst);
            let other = Arc::clone(&other);
            async move {
                if is_beaten {
                    taken_in(other.as_ref(), FACTS, 2_000).await;
                }
            }
        });
        taken_in(&overtaken, FACTS, 2_000).await;
        assert_eq!(dump(store.as_ref()).await, graph);
    })
    .await;
}
