//! Two days of an agent's cadence in paused time: nothing grows that the facts do not.
//!
//! A process of its own, since it measures its memory and file handles.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{
    alloc::System,
    fs,
    path::Path,
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use polar_graph::{
    Acquired, EmbeddedStore, GraphStore, Lease, LeasedStore, Statement, schema_items,
};
use polar_ingest::Ingest;
use polar_reconcile::{Cadence, Reconciler, Stop, run_on_cadence};
use polar_rules::{Rule, builtin_rules, in_order};
use polar_testkit::{SharedNeo4j, Tapped, When, dump, neo4j, wipe};
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::time::Instant;

type Store = Arc<dyn GraphStore>;

/// Counts what is allocated and not given back.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated.
fn allocated() -> u64 {
    let counted = ALLOCATOR.stats();
    let live = counted
        .bytes_allocated
        .wrapping_sub(counted.bytes_deallocated);
    u64::try_from(live).unwrap()
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// By then all that is kept for later is there.
const WARM: Duration = Duration::from_secs(6 * 3600);
const DAYS: Duration = Duration::from_secs(48 * 3600);
/// What may be under way at one moment and not at another.
const SLACK: u64 = 256 << 10;
/// What the allocator may make of it: it keeps pieces for each thread, and the threads that wait change.
const PIECES: u64 = 16 << 20;

/// While it lives, paused time stands still: tokio advances it only while nothing runs, and does not
/// know that an answer is awaited, but does know of work that blocks.
struct Still(#[expect(dead_code, reason = "its end is the sign")] mpsc::Sender<()>);

fn still() -> Still {
    let (sender, ended) = mpsc::channel::<()>();
    tokio::task::spawn_blocking(move || ended.recv());
    Still(sender)
}

fn digest(number: usize) -> String {
    format!("sha256:{number:064x}")
}

/// Images, and pods that run one each.
const IMAGES: usize = 2;

/// What a GitLab and a registry hold.
fn images() -> Vec<Value> {
    let seen_at = "2026-05-04T03:00:00Z";
    let images = (0..IMAGES).flat_map(|number| {
        let repository = format!("a/b{number}");
        [
            json!({"v": 1, "type": "pipeline_image", "instance": "gitlab.example.com",
                   "project": repository, "pipeline": number, "digest": digest(number),
                   "image": format!("r.example.com/{repository}:1")}),
            json!({"v": 1, "type": "registry_image", "registry": "r.example.com", "tag": "1",
                   "repository": repository, "digest": digest(number), "seen_at": seen_at}),
        ]
    });
    images.collect()
}

/// A complete reading of a cluster in which these pods run.
fn pods(numbers: impl IntoIterator<Item = usize>, at: Duration) -> Vec<Value> {
    let begin = jiff::Timestamp::from_second(1_780_000_000).unwrap();
    let at = (begin + jiff::SignedDuration::try_from(at).unwrap()).to_string();
    let mut facts = vec![
        json!({"v": 1, "type": "source_started", "kind": "kubernetes",
                                "scope": "c", "started_at": at}),
    ];
    facts.extend(numbers.into_iter().map(|number| {
        let repository = format!("a/b{}", number % IMAGES);
        json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n",
               "name": format!("app-{number}"), "uid": format!("u{number}"),
               "workload": {"kind": "Deployment", "name": "app"}, "seen_at": at,
               "containers": [{"name": "app", "image": format!("r.example.com/{repository}:1"),
                               "image_id": format!("r.example.com/{repository}@{}",
                                                   digest(number % IMAGES))}]})
    }));
    facts.push(
        json!({"v": 1, "type": "source_complete", "kind": "kubernetes", "scope": "c",
                      "complete_at": at}),
    );
    facts
}

async fn take_in(store: &dyn GraphStore, facts: &[Value]) {
    let _still = still();
    let lines: String = facts.iter().map(|fact| format!("{fact}\n")).collect();
    let mut intake = Ingest::new(store, |problem| panic!("{problem}"));
    intake.lines(lines.as_bytes(), |_| ()).await.unwrap();
}

/// What this process and the graph hold.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Held {
    allocated: u64,
    memory: u64,
    handles: usize,
    nodes: i64,
    edges: i64,
    properties: i64,
    file: u64,
}

/// Resident, in bytes.
fn memory() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

async fn held(store: &dyn GraphStore, file: Option<&Path>) -> Held {
    let _still = still();
    let number = async |text: &'static str| {
        let rows = store.read(Statement::new(text)).await.unwrap();
        rows[0].get("number").as_int().unwrap_or_default()
    };
    Held {
        allocated: allocated(),
        memory: memory(),
        handles: fs::read_dir("/proc/self/fd").unwrap().count(),
        nodes: number("MATCH (n) RETURN count(n) AS number").await,
        edges: number("MATCH ()-[r]->() RETURN count(r) AS number").await,
        // A lease that was given back has fewer than one that is held.
        properties: number(
            "MATCH (n) WHERE labels(n)[0] <> 'Lease' RETURN sum(size(keys(n))) AS number",
        )
        .await
            + number("MATCH ()-[r]->() RETURN sum(size(keys(r))) AS number").await,
        file: file.map_or(0, |file| fs::metadata(file).unwrap().len()),
    }
}

fn cadence(every: Duration) -> Cadence {
    Cadence { every, jitter: 0.0 }
}

/// A store whose calls let paused time stand still.
fn without_clock(store: &Store) -> Store {
    let under_way = Arc::new(Mutex::new(Vec::new()));
    Arc::new(Tapped::new(Arc::clone(store), move |when, _| {
        let mut under_way = under_way.lock().unwrap();
        match when {
            When::Before => under_way.push(still()),
            When::After => drop(under_way.pop()),
        }
        async {}
    }))
}

/// How often each thing is done.
#[derive(Debug, Clone, Copy)]
struct Pace {
    passes: Duration,
    images: Duration,
    cluster: Duration,
}

/// As the agent does by default.
const USUAL: Pace = Pace {
    passes: Duration::from_secs(30),
    images: Duration::from_secs(300),
    cluster: Duration::from_secs(300),
};

/// How often each thing was done.
#[derive(Debug, Default, Clone, Copy)]
struct Done {
    passes: usize,
    full: usize,
    readings: usize,
}

/// Runs as the agent does for a time, and over all each hour. The cluster is as `pods` says by the
/// number of the reading and its time. `look` is called once `warm` is over.
async fn run(
    store: &Store,
    time: Duration,
    warm: Duration,
    pace: Pace,
    pods: impl Fn(usize, Duration) -> Vec<Value>,
    look: impl AsyncFn(),
) -> Done {
    let lease = Arc::new(Lease::new(without_clock(store), "one", 15 * MINUTE));
    {
        let _still = still();
        assert_eq!(lease.acquire().await.unwrap(), Acquired::Mine);
    }
    let leased = LeasedStore::new(Arc::clone(&lease));
    let reconciler = Reconciler::new(in_order(builtin_rules().unwrap()).unwrap(), HOUR);
    let reconciler = tokio::sync::Mutex::new(reconciler);
    let (stop, begin) = (Stop::default(), Instant::now());
    let (done, looked) = (Mutex::new(Done::default()), Mutex::new(false));
    let passes = run_on_cadence(cadence(pace.passes), &stop, async || {
        let _still = still();
        let mut quiet = |_: &Rule, _| ();
        let mut reconciler = reconciler.lock().await;
        let summary = reconciler.pass(&leased, &stop, &mut quiet).await.unwrap();
        {
            let mut done = done.lock().unwrap();
            done.passes += 1;
            done.full += usize::from(summary.full);
            if done.passes % 500 == 0 {
                let (allocated, memory) = (allocated() >> 10, memory() >> 10);
                let at = begin.elapsed();
                eprintln!("{at:?} of {time:?}: {done:?}, {allocated} KiB of {memory}");
            }
        }
        if begin.elapsed() >= warm && !std::mem::replace(&mut *looked.lock().unwrap(), true) {
            look().await;
        }
        if begin.elapsed() >= time {
            stop.ask();
        }
    });
    let images = images();
    let gitlab = run_on_cadence(cadence(pace.images), &stop, async || {
        take_in(&leased, &images).await;
    });
    let cluster = run_on_cadence(cadence(pace.cluster), &stop, async || {
        let number = {
            let mut done = done.lock().unwrap();
            done.readings += 1;
            done.readings - 1
        };
        take_in(&leased, &pods(number, begin.elapsed())).await;
    });
    let work = async { tokio::join!(passes, gitlab, cluster) };
    tokio::select! {
        _ = work => {}
        error = lease.kept(|| ()) => panic!("{error}"),
    }
    let _still = still();
    lease.release().await.unwrap();
    *done.lock().unwrap()
}

async fn check(store: &Store, file: Option<&Path>, pace: Pace) {
    tokio::time::pause();
    let warm = Mutex::new(None);
    let done = run(
        store,
        DAYS,
        WARM,
        pace,
        // Its time moves each six hours: what else it says is known.
        |_, at| {
            pods(
                0..IMAGES,
                Duration::from_secs(at.as_secs() / 21_600 * 21_600),
            )
        },
        async || {
            let held = held(store.as_ref(), file).await;
            *warm.lock().unwrap() = Some(held);
        },
    )
    .await;
    let (warm, end) = (
        warm.into_inner().unwrap().unwrap(),
        held(store.as_ref(), file).await,
    );
    eprintln!("{done:?}\nwarm {warm:?}\nend  {end:?}");
    let passes = usize::try_from(DAYS.as_secs() / pace.passes.as_secs()).unwrap();
    assert!(done.passes.abs_diff(passes) <= passes / 100, "{done:?}");
    assert!((46..=50).contains(&done.full), "{done:?}");
    assert!(end.allocated <= warm.allocated + SLACK, "{warm:?} {end:?}");
    assert!(end.memory <= warm.memory + PIECES, "{warm:?} {end:?}");
    assert!(end.handles <= warm.handles, "{warm:?} {end:?}");
    assert!(end.file <= warm.file, "{warm:?} {end:?}");
    let graph = |held: Held| (held.nodes, held.edges, held.properties);
    assert_eq!(graph(end), graph(warm));

    tokio::time::resume();
    wipe(store.as_ref()).await;
}

/// A pod is replaced each minute: what is added each time is the same, and follows from the pods.
async fn changing(store: &Store) {
    let pace = Pace {
        cluster: MINUTE,
        ..USUAL
    };
    let time = 10 * MINUTE;
    let mut first = IMAGES;
    let mut sizes = Vec::new();
    tokio::time::pause();
    for _ in 0..3 {
        let begin = first;
        let at = DAYS + HOUR * u32::try_from(sizes.len() + 1).unwrap();
        let replaced = |number, since| pods([begin + number], at + since);
        let done = run(store, time, time, pace, replaced, async || ()).await;
        first += done.readings;
        let _still = still();
        // The records of passes tell how often facts changed.
        let rows = dump(store.as_ref()).await;
        let pods = rows
            .iter()
            .filter(|row| row.starts_with("(KubePod ") && !row.contains(")-"));
        sizes.push((rows.len(), pods.count(), done.readings));
    }
    eprintln!("rows, pods, readings: {sizes:?}");
    let added: Vec<_> = sizes
        .windows(2)
        .map(|two| (two[1].0 - two[0].0, two[1].1 - two[0].1, two[1].2))
        .collect();
    let (rows, pods, readings) = added[0];
    assert_eq!(pods, readings, "{sizes:?}");
    assert_eq!(rows % pods, 0, "each pod brings the same: {sizes:?}");
    assert!(rows / pods <= 16, "{sizes:?}");
    let (rows, pods, _) = added[1];
    assert_eq!(rows / pods, added[0].0 / added[0].1, "{sizes:?}");
    tokio::time::resume();
}

/// One after the other, since each looks at the memory of the process.
#[tokio::test]
async fn two_days_of_the_cadence_let_nothing_grow() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("graph.mars");
    let store = EmbeddedStore::open(&file).unwrap();
    store.apply_schema(&schema_items()).await.unwrap();
    let store: Store = Arc::new(store);
    check(&store, Some(&file), USUAL).await;
    changing(&store).await;
    drop(store);

    let shared = SharedNeo4j::take();
    let store: Store = Arc::new(neo4j(&shared).await);
    let slower = Pace {
        passes: 10 * MINUTE,
        images: HOUR,
        cluster: HOUR,
    };
    check(&store, None, slower).await;
}
