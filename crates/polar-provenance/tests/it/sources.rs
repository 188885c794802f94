//! The agent with all sources, and each observer alone, against servers over TLS.

use std::{
    io::{BufRead, BufReader},
    process::Command,
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use polar_graph::{EmbeddedStore, GraphStore};
use polar_normalize::Options;
use polar_query::{Kind, findings, resolve, trace};
use polar_testkit::{Fault, SharedNeo4j, dump, neo4j};

use crate::{
    common::{command, embedded, facts, polar, variables},
    estate::{COMMIT, Estate, ORPHAN, POD},
};

const PATIENCE: Duration = Duration::from_secs(120);

/// Runs the agent until its log says so; returns the log.
pub(crate) fn run_agent(
    estate: &Estate,
    graph: &str,
    more: &[(&str, &str)],
    is_done: impl Fn(&[String]) -> bool,
) -> Vec<String> {
    let config = estate.config.display().to_string();
    let ca = estate.ca.display().to_string();
    let mut variables = vec![("PROXY_CA_CERT", ca.as_str())];
    variables.extend(more);
    // The least that is logged is where a secret would slip through.
    variables.push(("RUST_LOG", "info,hyper=trace,hyper_util=trace,reqwest=trace,kube_client=trace,polar_source=trace,rustls=debug"));
    let args = ["agent", "--config", &config, "--graph", graph];
    let mut agent = command(&args, &variables).spawn().unwrap();
    let stderr = BufReader::new(agent.stderr.take().unwrap());
    let (sender, lines): (_, Receiver<String>) = mpsc::channel();
    std::thread::spawn(move || {
        for line in stderr.lines().map_while(Result::ok) {
            drop(sender.send(line));
        }
    });
    let mut log = Vec::new();
    // What the program itself tells; the rest is a great deal more.
    let mut told = Vec::new();
    let begin = Instant::now();
    while !is_done(&told) {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if begin.elapsed() < 4 * PATIENCE => {
                if !line.contains("TRACE") && !line.contains("DEBUG") {
                    told.push(line.clone());
                }
                log.push(line);
            }
            _ => {
                drop(agent.kill());
                panic!("never done: {log:#?}");
            }
        }
    }
    let pid = agent.id().to_string();
    let stopped = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(stopped.success());
    assert!(agent.wait().unwrap().success(), "{log:#?}");
    log.extend(lines.iter());
    log
}

/// Whether each source was read so often, and two passes came after: the one under way when a source
/// was read may have missed some of it. The orphan is judged once GitLab was read after the registry.
pub(crate) fn is_read(times: usize) -> impl Fn(&[String]) -> bool {
    move |log| {
        let last = ["gitlab", "registry", "kubernetes"].map(|kind| {
            let mut read = log
                .iter()
                .enumerate()
                .filter(|(_, line)| line.contains("source read") && line.contains(kind));
            read.nth(times - 1).map(|(at, _)| at)
        });
        let [Some(gitlab), Some(registry), Some(kubernetes)] = last else {
            return false;
        };
        let last = gitlab.max(registry).max(kubernetes);
        let passes = log[last..].iter().filter(|line| line.contains("pass done"));
        // By a pass over all, or by one over what changed, which may have judged too early and found
        // more than the orphan.
        let is_judged = |line: &String| {
            let found = line.contains("matched=1") || !line.contains("created=0");
            line.contains("rule=\"unbuilt\"") && found
        };
        passes.count() >= 2 && log.iter().any(is_judged)
    }
}

/// pod → manifest → index → tag → job → pipeline → commit → merge request → approver.
async fn check_chain(estate: &Estate, store: &dyn GraphStore) {
    let target = resolve(store, &Options::default(), POD, &[Kind::Running]).await;
    let answer = trace(store, POD, &target.unwrap(), None).await.unwrap();
    let [chain] = answer.chains.try_into().unwrap();
    let [container] = chain.containers.try_into().unwrap();
    assert_eq!(container.cluster, "prod-weu");
    assert_eq!(container.workload, "Deployment/checkout");
    let manifest = &estate.amd64.manifest.digest;
    assert_eq!(container.digest.as_ref(), Some(manifest));
    let [image] = chain.images.try_into().unwrap();
    assert_eq!(
        image.image,
        format!("{}@{}", estate.image, estate.index.digest)
    );
    assert_eq!(image.because[0].rule, "runs-reported");
    let running: Vec<_> = image
        .platforms
        .iter()
        .filter(|platform| platform.runs)
        .collect();
    assert_eq!(running.len(), 1);
    assert_eq!(running[0].platform.as_deref(), Some("linux/amd64"));
    let mut kinds: Vec<_> = image
        .attached
        .iter()
        .map(|attached| attached.kind.as_str())
        .collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["Attestation", "Signature"]);
    let [build] = image.builds.try_into().unwrap();
    assert_eq!(build.because[0].rule, "resulted-in");
    let weaker: Vec<_> = build
        .because
        .iter()
        .skip(1)
        .map(|because| because.rule.as_str())
        .collect();
    let others = ["resulted-in-by-attested-commit", "resulted-in-by-revision"];
    assert_eq!(weaker, others);
    assert_eq!(build.id, Some(481_516));
    assert_eq!(build.triggered_by.as_deref(), Some("release-bot"));
    let [job] = build.jobs.try_into().unwrap();
    assert_eq!(
        (job.id, job.runner.as_deref()),
        (Some(5_120_349), Some("runner-arm-3"))
    );
    let commit = build.commit.unwrap();
    assert_eq!(commit.oid, COMMIT);
    let [request] = commit.merge_requests.try_into().unwrap();
    assert!(
        request.key.ends_with("shop/checkout!412"),
        "{}",
        request.key
    );
    assert_eq!(request.authors, ["alice"]);
    assert_eq!(request.approvers, ["bruno"]);
    // Signed with the given key, and reviewed; nobody scanned it.
    let [unbuilt, unscanned] = findings(store).await.unwrap().try_into().unwrap();
    assert_eq!(unbuilt.kind, "unbuilt");
    assert!(unbuilt.subject.contains(ORPHAN), "{unbuilt:?}");
    assert_eq!(unscanned.kind, "unscanned");
}

fn assert_no_secret(log: &[String], graph: &[String]) {
    for secret in Estate::secrets() {
        for line in log.iter().chain(graph) {
            assert!(!line.contains(secret), "{line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_pod_is_traced_to_its_approver_on_both_stores() {
    let estate = Estate::new().await;
    let file = estate.folder.path().join("graph.mars");
    let log = tokio::task::block_in_place(|| run_agent(&estate, &embedded(&file), &[], is_read(2)));
    let (graph, before) = {
        let store = EmbeddedStore::open(&file).unwrap();
        check_chain(&estate, &store).await;
        (dump(&store).await, log)
    };
    assert_no_secret(&before, &graph);
    // Read again, nothing but the times of reading is new.
    let log = tokio::task::block_in_place(|| run_agent(&estate, &embedded(&file), &[], is_read(2)));
    let store = EmbeddedStore::open(&file).unwrap();
    check_chain(&estate, &store).await;
    let again = dump(&store).await;
    assert_eq!(facts(again.clone()), facts(graph.clone()));
    assert_no_secret(&log, &again);
    let asked = estate.gitlab.asked();
    let incremental = asked
        .iter()
        .filter(|asked| asked.query.contains_key("updated_after"));
    assert!(incremental.count() >= 2, "the marks in the graph are used");

    let shared = SharedNeo4j::take();
    let store = neo4j(&shared).await;
    let there = variables(&shared.settings);
    let log = tokio::task::block_in_place(|| run_agent(&estate, "neo4j", &there, is_read(2)));
    check_chain(&estate, &store).await;
    let graph = dump(&store).await;
    assert_eq!(facts(graph.clone()), facts(again.clone()));
    assert_no_secret(&log, &graph);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_fails_is_told_and_takes_nothing_away() {
    let estate = Estate::new().await;
    let file = estate.folder.path().join("graph.mars");
    let graph_of = embedded(&file);
    tokio::task::block_in_place(|| run_agent(&estate, &graph_of, &[], is_read(2)));
    let graph = dump(&EmbeddedStore::open(&file).unwrap()).await;
    estate.gitlab.reset();
    estate.gitlab.fail_from(0, Fault::status(403));
    estate.kubernetes.reset();
    estate.kubernetes.fail_from(2, Fault::status(403));
    let told = tokio::task::block_in_place(|| {
        run_agent(&estate, &graph_of, &[], |log| {
            let is_told = |kind: &str| {
                let of = |line: &&String| line.contains(kind) && line.contains("complete=false");
                log.iter().any(|line| of(&line))
            };
            let is_passed = log.iter().filter(|line| line.contains("pass done")).count() > 3;
            is_told("gitlab") && is_told("kubernetes") && is_passed
        })
    });
    assert!(
        told.iter()
            .any(|line| line.contains("left out") && line.contains("403"))
    );
    let after = dump(&EmbeddedStore::open(&file).unwrap()).await;
    assert_eq!(facts(after.clone()), facts(graph.clone()));
    assert_no_secret(&told, &after);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_observer_works_alone_and_its_lines_can_be_taken_in() {
    let estate = Estate::new().await;
    let config = estate.config.display().to_string();
    let ca = estate.ca.display().to_string();
    let variables = [("PROXY_CA_CERT", ca.as_str())];
    let file = estate.folder.path().join("graph.mars");
    let graph = embedded(&file);
    let mut all = String::new();
    // GitLab last: what was seen after it was read, it cannot have built.
    for kind in ["registry", "kubernetes", "gitlab"] {
        let args = ["observe", kind, "--config", &config];
        let outcome = tokio::task::block_in_place(|| polar(&args, &variables));
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{kind}");
        let lines = outcome.json();
        assert_eq!(lines[0]["type"], "source_started", "{kind}");
        assert_eq!(lines[lines.len() - 1]["type"], "source_complete", "{kind}");
        all.push_str(&outcome.stdout);
    }
    for secret in Estate::secrets() {
        assert!(!all.contains(secret));
    }
    let facts = estate.folder.path().join("facts.jsonl");
    std::fs::write(&facts, all).unwrap();
    let facts = facts.display().to_string();
    for args in [
        vec!["ingest", &facts, "--graph", &graph],
        vec!["reconcile", "--graph", &graph],
    ] {
        let outcome = polar(&args, &[]);
        assert_eq!(outcome.code, 0, "{outcome:?}");
    }
    check_chain(&estate, &EmbeddedStore::open(&file).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_is_checked_and_shown_without_secrets() {
    let estate = Estate::new().await;
    let config = estate.config.display().to_string();
    let ca = estate.ca.display().to_string();
    let variables = [("PROXY_CA_CERT", ca.as_str())];
    let run = |what: &str| polar(&["config", what, "--config", &config], &variables);
    let checked = run("check");
    assert_eq!(checked.code, 0, "{checked:?}");
    assert_eq!(
        checked
            .stdout
            .lines()
            .filter(|line| line.starts_with("ok "))
            .count(),
        5
    );
    let shown = run("show");
    assert_eq!(shown.code, 0, "{shown:?}");
    for wanted in [
        "[gitlab]",
        "token ***",
        "as auditor, password ***",
        "prod-weu",
    ] {
        assert!(shown.stdout.contains(wanted), "{wanted}: {}", shown.stdout);
    }
    for secret in Estate::secrets() {
        assert!(!format!("{checked:?}{shown:?}").contains(secret));
    }
    // What is wrong is said, all of it.
    let bad = estate.folder.path().join("bad.toml");
    let text = "[gitlab]\nendpoint = \"https://g.example\"\ntoken_file = \"/no/such\"\n\
                [[registry]]\nhost = \"a b\"\n[[registry]]\nhost = \"r.example\"\nuser = \"x\"\n";
    std::fs::write(&bad, text).unwrap();
    let bad = bad.display().to_string();
    let outcome = polar(&["config", "check", "--config", &bad], &[]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    assert_eq!(
        outcome
            .stdout
            .lines()
            .filter(|line| line.starts_with("wrong "))
            .count(),
        3
    );
    // A login in an address is refused before anything shows it.
    for line in [
        "[gitlab]\nendpoint = \"https://me:hunter2@g.example\"\n",
        "[[registry]]\nhost = \"me:hunter2@r.example\"\n",
    ] {
        std::fs::write(&bad, line).unwrap();
        let outcome = polar(&["config", "show", "--config", &bad], &[]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    }
    let outcome = polar(&["observe", "registry", "me:hunter2@r.example"], &[]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    // An unknown name is an error with its place.
    let unknown = estate.folder.path().join("unknown.toml");
    std::fs::write(&unknown, "evry = \"1s\"\n").unwrap();
    let unknown = unknown.display().to_string();
    let outcome = polar(&["config", "show", "--config", &unknown], &[]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.stderr.contains("evry") && outcome.stderr.contains("line 1"),
        "{outcome:?}"
    );
}

#[test]
fn settings_that_are_missing_are_named() {
    for (args, said) in [
        (vec!["observe", "gitlab"], "GITLAB_ENDPOINT"),
        (vec!["observe", "registry"], "--registry HOST"),
        (
            vec![
                "agent",
                "--observe",
                "registry",
                "--graph",
                "embedded:/tmp/x",
            ],
            "--registry HOST",
        ),
        (vec!["agent", "--observe", "gitlab,what"], "what"),
    ] {
        let outcome = polar(&args, &[]);
        assert_eq!(outcome.code, 2, "{args:?} {outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
    }
    let there = [("GITLAB_ENDPOINT", "https://gitlab.example.com")];
    let outcome = polar(&["observe", "gitlab"], &there);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("GITLAB_TOKEN"), "{outcome:?}");
    let there = [
        ("GITLAB_ENDPOINT", "http://127.0.0.1:1"),
        ("GITLAB_TOKEN", "secret-4714"),
    ];
    let outcome = polar(&["observe", "gitlab"], &there);
    assert_eq!(outcome.code, 3, "{outcome:?}");
    assert!(outcome.stderr.contains("no answer"), "{outcome:?}");
    assert!(!outcome.stderr.contains("secret-4714"));
}
