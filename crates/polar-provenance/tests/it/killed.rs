//! The program killed two hundred times, at any moment of an intake or a pass: run again to the
//! end, the graph is that of an undisturbed run each time.

use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use polar_graph::GraphStore;
use polar_testkit::{SharedNeo4j, dump, neo4j, wipe};
use tempfile::TempDir;

use crate::{
    common::{command, dump_file, embedded, polar, variables},
    crash::observations,
};

/// Each of the embedded store's two, which run at a time.
const EMBEDDED: usize = 90;
const NEO4J: usize = 20;
/// Files of an intake, each a transaction of its own.
const FILES: usize = 3;
const PROJECTS: usize = 2;
const IMAGES: usize = 2;

/// Facts, and commands that take them in and derive what follows.
struct Estate {
    folder: TempDir,
    files: Vec<String>,
}

impl Estate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = (0..FILES).map(|number| {
            let file = folder.path().join(format!("facts-{number}.jsonl"));
            observations(&file, number * PROJECTS..(number + 1) * PROJECTS, IMAGES);
            file.display().to_string()
        });
        Self {
            files: files.collect(),
            folder,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn args<'a>(&'a self, phase: Phase, graph: &'a str) -> Vec<&'a str> {
        let mut args = vec!["--graph", graph];
        match phase {
            Phase::Ingest => {
                args.push("ingest");
                args.extend(self.files.iter().map(String::as_str));
            }
            Phase::Reconcile => args.push("reconcile"),
        }
        args
    }

    /// Runs one to its end; returns how long that takes.
    fn run(&self, phase: Phase, graph: &str, variables: &[(&str, &str)]) -> Duration {
        let begin = Instant::now();
        let outcome = polar(&self.args(phase, graph), variables);
        assert_eq!(outcome.code, 0, "{phase:?}: {outcome:?}");
        begin.elapsed()
    }

    /// Kills one at a moment of the time that it takes; false if it was done by then.
    fn kill(
        &self,
        phase: Phase,
        graph: &str,
        variables: &[(&str, &str)],
        moment: Duration,
    ) -> bool {
        let mut child = command(&self.args(phase, graph), variables)
            .spawn()
            .unwrap();
        std::thread::sleep(moment);
        let is_running = child.try_wait().unwrap().is_none();
        drop(child.kill());
        child.wait().unwrap();
        is_running
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Ingest,
    Reconcile,
}

/// How long each phase takes when nothing disturbs it.
#[derive(Debug, Clone, Copy)]
struct Times {
    ingest: Duration,
    reconcile: Duration,
}

impl Times {
    /// Each phase in turn, at a moment of the time it takes.
    fn moment(self, number: usize, random: &mut fastrand::Rng) -> (Phase, Duration) {
        let (phase, time) = if number.is_multiple_of(2) {
            (Phase::Ingest, self.ingest)
        } else {
            (Phase::Reconcile, self.reconcile)
        };
        (phase, time.mul_f64(random.f64()))
    }
}

/// Kills `kills` times; `wipe` empties the graph and `graph` tells what it holds.
fn kill_again_and_again(
    name: &str,
    kills: usize,
    times: Times,
    seed: u64,
    mut once: impl FnMut(Phase, Duration, &str) -> bool,
) {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut killed, mut tries) = (0, 0);
    while killed < kills {
        let (phase, moment) = times.moment(tries, &mut random);
        let what = format!("{name}, seed {seed}, try {tries}: {phase:?} killed after {moment:?}");
        killed += usize::from(once(phase, moment, &what));
        tries += 1;
        if tries % 25 == 0 {
            eprintln!("{name}: killed {killed} of {kills}");
        }
        assert!(tries < kills * 4, "{name}: hardly ever killed while it ran");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_the_embedded_graph_is_as_if_undisturbed() {
    let estate = Estate::new();
    let path = estate.path("calm.mars");
    let calm = embedded(&path);
    let taken_in = estate.path("taken-in.mars");
    // Two at a time, as the kills are.
    let times = std::thread::scope(|scope| {
        let other = embedded(&estate.path("other.mars"));
        let estate = &estate;
        let beside = scope.spawn(move || {
            estate.run(Phase::Ingest, &other, &[]);
            estate.run(Phase::Reconcile, &other, &[]);
        });
        let ingest = estate.run(Phase::Ingest, &calm, &[]);
        fs::copy(&path, &taken_in).unwrap();
        let reconcile = estate.run(Phase::Reconcile, &calm, &[]);
        beside.join().unwrap();
        Times { ingest, reconcile }
    });
    let wanted = dump_file(&path).await;
    let links = wanted.iter().filter(|line| line.contains("RESULTED_IN"));
    assert_eq!(links.count(), FILES * PROJECTS * IMAGES);
    let seed = fastrand::u64(..);
    eprintln!("{times:?}, seed {seed}");
    let runtime = tokio::runtime::Handle::current();
    let kill = |number: u64| {
        let file = estate.path(&format!("killed-{number}.mars"));
        let graph = embedded(&file);
        let name = format!("embedded {number}");
        kill_again_and_again(
            &name,
            EMBEDDED,
            times,
            seed + number,
            |phase, moment, what| {
                drop(fs::remove_file(&file));
                if phase == Phase::Reconcile {
                    fs::copy(&taken_in, &file).unwrap();
                }
                let killed = estate.kill(phase, &graph, &[], moment);
                if phase == Phase::Ingest {
                    estate.run(Phase::Ingest, &graph, &[]);
                }
                estate.run(Phase::Reconcile, &graph, &[]);
                assert_same(&runtime.block_on(dump_file(&file)), &wanted, what);
                killed
            },
        );
    };
    tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let kill = &kill;
            let one = scope.spawn(move || kill(0));
            let other = scope.spawn(move || kill(1));
            one.join().unwrap();
            other.join().unwrap();
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_a_graph_in_neo4j_is_as_if_undisturbed() {
    let estate = Estate::new();
    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = variables(&shared.settings);
    let run = || Times {
        ingest: estate.run(Phase::Ingest, "neo4j", &there),
        reconcile: estate.run(Phase::Reconcile, "neo4j", &there),
    };
    // A server that has not seen the statements yet takes many times as long.
    tokio::task::block_in_place(run);
    wipe(&store).await;
    let times = tokio::task::block_in_place(run);
    let wanted = dump(&store).await;
    let seed = fastrand::u64(..);
    eprintln!("{times:?}, seed {seed}");
    let runtime = tokio::runtime::Handle::current();
    tokio::task::block_in_place(|| {
        kill_again_and_again("Neo4j", NEO4J, times, seed, |phase, moment, what| {
            runtime.block_on(wipe(&store));
            if phase == Phase::Reconcile {
                estate.run(Phase::Ingest, "neo4j", &there);
            }
            let killed = estate.kill(phase, "neo4j", &there, moment);
            if phase == Phase::Ingest {
                estate.run(Phase::Ingest, "neo4j", &there);
            }
            estate.run(Phase::Reconcile, "neo4j", &there);
            assert_same(
                &runtime.block_on(dump(&store as &dyn GraphStore)),
                &wanted,
                what,
            );
            killed
        });
    });
    wipe(&store).await;
}

fn assert_same(graph: &[String], wanted: &[String], what: &str) {
    let extra: Vec<_> = graph.iter().filter(|line| !wanted.contains(line)).collect();
    let lost: Vec<_> = wanted.iter().filter(|line| !graph.contains(line)).collect();
    assert!(graph == wanted, "{what}: {extra:#?} instead of {lost:#?}");
}
