//! Passes over what changed lead to the same graph as one pass over all of it.

use std::{sync::Arc, time::Duration};

use polar_graph::{EmbeddedStore, GraphStore, schema_items};
use polar_reconcile::{Reconciler, Stop};
use polar_rules::Rule;
use polar_testkit::{dump, on_both, wipe};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};

use crate::{
    built::{attached, attestation, merged},
    copies::{attested, job},
    facts::{
        REGISTRY, apply, complete_at, digest, ended, held, index, ingest, manifest, moved,
        ordered_rules, pipeline, pushed, started,
    },
};

/// What happens to a graph.
#[derive(Debug, Clone)]
enum Step {
    /// Facts come in.
    Seen(Vec<Fact>),
    /// A part of a source is read as a whole: what is not among the facts is gone.
    Read(Part, Vec<Fact>),
    /// A pass over what changed.
    Pass,
}

#[derive(Debug, Clone, Copy)]
enum Part {
    Registry,
    Cluster,
    GitLab,
    Attached,
}

/// A fact of a small world, in which much meets much.
#[derive(Debug, Clone)]
enum Fact {
    Pushed(i64, usize, Option<char>),
    During(i64, usize, char),
    Held(usize, char),
    Moved(usize, char, u32),
    Ended(i64, usize, u32),
    Index(char, char),
    Manifest(char, char, Option<usize>),
    Pipeline(i64, usize),
    Pod(usize, usize, Option<char>, Reported),
    Complete(Part, bool),
    Copied(char),
    Job(i64, i64),
    Attested(char, char, Claim),
    Signed(char, char, bool),
    Merged(i64, usize, bool, u32),
}

#[derive(Debug, Clone, Copy)]
enum Claim {
    Commit(usize),
    Pipeline(i64),
    Job(i64),
}

#[derive(Debug, Clone, Copy)]
enum Reported {
    Manifest,
    Config,
}

const TAGS: [&str; 3] = ["rc", "RC", "main-8b8d353c"];
const COMMITS: [&str; 2] = [
    "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed",
    "9c9d353c5ed1547e1db8c76b2f3deeafff04f0ed",
];

fn image(tag: usize) -> String {
    match TAGS.get(tag) {
        Some(tag) => format!("{REGISTRY}/a/b:{tag}"),
        None => "localhost/a/b:1".to_owned(),
    }
}

fn line(fact: &Fact) -> Value {
    match fact {
        Fact::Pushed(run, tag, digested) => pushed(*run, &image(*tag), digested.map(digest)),
        Fact::During(run, tag, digested) => {
            let mut fact = pushed(*run, &image(*tag), Some(digest(*digested)));
            fact["basis"] = "tag_time".into();
            fact["evidence"] = format!("pushed while run {run} went on").into();
            fact
        }
        Fact::Held(tag, digested) => held(TAGS[*tag], &digest(*digested)),
        Fact::Moved(tag, digested, minute) => moved(TAGS[*tag], &digest(*digested), &at(*minute)),
        Fact::Ended(id, commit, minute) => ended(*id, COMMITS[*commit], &at(*minute)),
        Fact::Index(parent, child) => index(&digest(*parent), &[digest(*child)]),
        Fact::Manifest(digested, config, revision) => manifest(
            &digest(*digested),
            &digest(*config),
            revision.map(|number| COMMITS[number]),
        ),
        Fact::Pipeline(id, commit) => pipeline(*id, COMMITS[*commit]),
        Fact::Pod(number, tag, reported, kind) => {
            let image_id = reported.map(|letter| match kind {
                Reported::Manifest => format!("{REGISTRY}/a/b@{}", digest(letter)),
                Reported::Config => digest(letter),
            });
            json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n",
                   "name": format!("app-{number}"), "uid": format!("u{number}"),
                   "workload": {"kind": "Deployment", "name": format!("app{}", number % 2)},
                   "seen_at": "2026-05-04T03:00:00Z",
                   "started_at": at(u32::try_from(*number).unwrap()),
                   "containers": [{"name": "app", "image": image(*tag), "image_id": image_id}]})
        }
        Fact::Complete(part, late) => {
            let (kind, scope) = source(*part);
            complete_at(kind, scope, if *late { LATE } else { EARLY })
        }
        Fact::Copied(digested) => {
            let mut fact = held("1", &digest(*digested));
            fact["registry"] = "mirror.example.com".into();
            fact
        }
        Fact::Job(id, run) => job(*id, *run),
        Fact::Attested(own, subject, claim) => {
            let subject = digest(*subject);
            match claim {
                Claim::Commit(commit) => attestation(*own, &subject, COMMITS[*commit]),
                Claim::Pipeline(id) => attested("pipeline", *own, *id, &subject),
                Claim::Job(id) => attested("job", *own, *id, &subject),
            }
        }
        Fact::Signed(own, subject, verified) => {
            let mut fact = attached("signature", *own, &digest(*subject));
            let key = json!([{"fingerprint": "sha256:k", "name": "k"}]);
            fact["checked_with"] = key.clone();
            if *verified {
                fact["verified_by"] = key;
            }
            fact
        }
        Fact::Merged(iid, commit, approved, minute) => {
            let mut fact = merged(&[COMMITS[*commit]]);
            fact["iid"] = (*iid).into();
            fact["pushed_at"] = at(2).into();
            if *approved {
                fact["approvals"] = json!([{"user": "bob", "approved_at": at(*minute)}]);
            }
            fact
        }
    }
}

fn at(minute: u32) -> String {
    format!("2026-05-04T03:{minute:02}:00Z")
}

const EARLY: &str = "2026-05-04T02:00:00Z";
const LATE: &str = "2026-05-04T04:00:00Z";

fn source(part: Part) -> (&'static str, &'static str) {
    match part {
        Part::Registry => ("registry", REGISTRY),
        Part::Cluster => ("kubernetes", "c"),
        Part::GitLab => ("gitlab", "gitlab.example.com"),
        Part::Attached => ("attached", REGISTRY),
    }
}

fn lines(step: &Step) -> Vec<Value> {
    match step {
        Step::Seen(facts) => facts.iter().map(line).collect(),
        Step::Read(part, facts) => {
            let (kind, scope) = source(*part);
            let begin = [started(kind, scope)];
            let end = [complete_at(kind, scope, LATE)];
            let facts = facts.iter().map(line);
            begin.into_iter().chain(facts).chain(end).collect()
        }
        Step::Pass => Vec::new(),
    }
}

fn any_fact() -> impl Strategy<Value = Fact> {
    let letter = prop::sample::select(vec!['a', 'b']);
    let part = prop::sample::select(vec![
        Part::Registry,
        Part::Cluster,
        Part::GitLab,
        Part::Attached,
    ]);
    let attached = prop::sample::select(vec!['c', 'd']);
    let claim = prop_oneof![
        (0..COMMITS.len()).prop_map(Claim::Commit),
        (1..3_i64).prop_map(Claim::Pipeline),
        (1..3_i64).prop_map(Claim::Job),
    ];
    let reported = prop::sample::select(vec![Reported::Manifest, Reported::Config]);
    let tag = 0..TAGS.len();
    let run = 1..3_i64;
    let commit = 0..COMMITS.len();
    prop_oneof![
        (
            run.clone(),
            0..=TAGS.len(),
            prop::option::of(letter.clone())
        )
            .prop_map(|(run, tag, digest)| Fact::Pushed(run, tag, digest)),
        (run.clone(), tag.clone(), letter.clone())
            .prop_map(|(run, tag, digest)| Fact::During(run, tag, digest)),
        (tag.clone(), letter.clone()).prop_map(|(tag, digest)| Fact::Held(tag, digest)),
        (tag, letter.clone(), 0..4_u32)
            .prop_map(|(tag, digest, minute)| Fact::Moved(tag, digest, minute)),
        (run.clone(), commit.clone(), 0..4_u32)
            .prop_map(|(run, commit, minute)| Fact::Ended(run, commit, minute)),
        (letter.clone(), letter.clone()).prop_map(|(parent, child)| Fact::Index(parent, child)),
        (
            letter.clone(),
            letter.clone(),
            prop::option::of(commit.clone())
        )
            .prop_map(|(digest, config, revision)| Fact::Manifest(digest, config, revision)),
        (run.clone(), commit.clone()).prop_map(|(run, commit)| Fact::Pipeline(run, commit)),
        letter.clone().prop_map(Fact::Copied),
        (run.clone(), run.clone()).prop_map(|(id, run)| Fact::Job(id, run)),
        (attached.clone(), letter.clone(), claim)
            .prop_map(|(own, subject, claim)| Fact::Attested(own, subject, claim)),
        (attached, letter.clone(), any::<bool>())
            .prop_map(|(own, subject, verified)| Fact::Signed(own, subject, verified)),
        (run, commit, any::<bool>(), 0..4_u32).prop_map(|(iid, commit, approved, minute)| {
            Fact::Merged(iid, commit, approved, minute)
        }),
        (
            0..2_usize,
            0..=TAGS.len(),
            prop::option::of(letter),
            reported
        )
            .prop_map(|(pod, tag, digest, kind)| Fact::Pod(pod, tag, digest, kind)),
        (part, any::<bool>()).prop_map(|(part, late)| Fact::Complete(part, late)),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    let part = prop::sample::select(vec![Part::Registry, Part::Cluster, Part::Attached]);
    prop_oneof![
        6 => vec(any_fact(), 1..4).prop_map(Step::Seen),
        1 => (part, vec(any_fact(), 0..4)).prop_map(|(part, facts)| Step::Read(part, facts)),
        4 => Just(Step::Pass),
    ]
}

/// Plays the steps, each pass over what changed, and checks that a full pass finds nothing to do and
/// that a graph with the same facts and one pass is the same.
async fn check(
    store: &dyn GraphStore,
    fresh: &dyn GraphStore,
    steps: &[Step],
) -> Result<(), TestCaseError> {
    wipe(store).await;
    wipe(fresh).await;
    let mut reconciler = Reconciler::new(ordered_rules(), Duration::MAX);
    let stop = Stop::default();
    let mut quiet = |_: &Rule, _| ();
    // The first pass is a full one.
    reconciler.pass(store, &stop, &mut quiet).await.unwrap();
    for step in steps.iter().chain([&Step::Pass]) {
        let facts = lines(step);
        if facts.is_empty() {
            let summary = reconciler.pass(store, &stop, &mut quiet).await.unwrap();
            prop_assert!(!summary.full);
        } else {
            ingest(store, &facts).await;
            ingest(fresh, &facts).await;
        }
    }
    let quiet_pass = reconciler.pass(store, &stop, &mut quiet).await.unwrap();
    prop_assert!(quiet_pass.rules.is_empty(), "looked at {quiet_pass:?}");
    apply(fresh).await;
    prop_assert_eq!(dump(store).await, dump(fresh).await);
    let again = apply(store).await;
    prop_assert!(again.written.is_zero(), "a full pass wrote {again:?}");
    Ok(())
}

/// Neither the image nor the run changes when a manifest's labels join them.
#[tokio::test]
async fn what_follows_from_a_link_follows_at_once() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let fresh = EmbeddedStore::in_memory().unwrap();
        fresh.apply_schema(&schema_items()).await.unwrap();
        let seen = |fact| Step::Seen(vec![fact]);
        let steps = [
            seen(Fact::Held(0, 'a')),
            seen(Fact::Pipeline(1, 0)),
            seen(Fact::Complete(Part::GitLab, true)),
            Step::Pass,
            seen(Fact::Manifest('a', 'b', Some(0))),
        ];
        check(store.as_ref(), &fresh, &steps).await.unwrap();
    })
    .await;
}

/// Engines differ in how they write a time that falls on a full minute.
#[tokio::test]
async fn evidence_with_times_reads_the_same_on_both_engines() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let fresh = EmbeddedStore::in_memory().unwrap();
        fresh.apply_schema(&schema_items()).await.unwrap();
        let seen = |fact| Step::Seen(vec![fact]);
        let steps = [seen(Fact::Moved(2, 'b', 0)), seen(Fact::Moved(2, 'a', 0))];
        check(store.as_ref(), &fresh, &steps).await.unwrap();
    })
    .await;
}

#[test]
fn passes_over_what_changed_equal_one_pass_over_all() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(on_both(async |store: Arc<dyn GraphStore>| {
        let fresh = EmbeddedStore::in_memory().unwrap();
        fresh.apply_schema(&schema_items()).await.unwrap();
        let handle = tokio::runtime::Handle::current();
        let cases = match store.engine() {
            polar_graph::Engine::Embedded => 100,
            polar_graph::Engine::Neo4j => 12,
        };
        let task = tokio::task::spawn_blocking(move || {
            let config = Config {
                cases,
                max_shrink_iters: 200,
                failure_persistence: None,
                ..Config::default()
            };
            let steps = vec(any_step(), 1..20);
            let run = |steps: Vec<Step>| handle.block_on(check(store.as_ref(), &fresh, &steps));
            TestRunner::new(config).run(&steps, run)
        });
        if let Err(error) = task.await.unwrap() {
            panic!("{error}");
        }
    }));
}
