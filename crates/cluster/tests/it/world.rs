//! A cluster that is not there: an API server over HTTP, and a kubeconfig for it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use polar_cluster::{Cluster, ClusterOptions};
use polar_model::Observation;
use polar_source::{Outcome, Problem, Sink, SourceError};
use polar_testkit::{Answer, Asked, Certificates, FakeServer};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::objects::*;

pub(crate) const TOKEN: &str = "hunter2-token";

/// What the server has, by plural of the kind.
pub(crate) type Objects = BTreeMap<&'static str, Vec<Value>>;

/// Answers that a test wants instead of the server's own.
pub(crate) type Override = dyn Fn(&Asked) -> Option<Answer> + Send + Sync;

/// A server, and the folder with its kubeconfig.
pub(crate) struct World {
    pub(crate) server: FakeServer,
    pub(crate) folder: TempDir,
}

/// What came out of a reading.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) outcome: Result<Outcome, SourceError>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) problems: Vec<Problem>,
}

impl World {
    pub(crate) async fn new(objects: Objects) -> Self {
        Self::with(objects, |_| None).await
    }

    pub(crate) async fn with(
        objects: Objects,
        instead: impl Fn(&Asked) -> Option<Answer> + Send + Sync + 'static,
    ) -> Self {
        let handler = handler(objects, Box::new(instead));
        Self::of(FakeServer::start(handler).await, "", "")
    }

    pub(crate) async fn tls(objects: Objects, certificates: &Certificates, cluster: &str) -> Self {
        let handler = handler(objects, Box::new(|_| None));
        let server = FakeServer::start_tls(certificates, handler).await;
        Self::of(server, cluster, "")
    }

    /// A server with further fields for the cluster and other ones for the user.
    pub(crate) fn of(server: FakeServer, cluster: &str, user: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = Self { server, folder };
        world.kubeconfig(cluster, user);
        world
    }

    /// Writes the kubeconfig anew.
    pub(crate) fn kubeconfig(&self, cluster: &str, user: &str) {
        let url = &self.server.url;
        let token = format!("token: {TOKEN}");
        let user = if user.is_empty() { &token } else { user };
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: prod-weu\npreferences: {{}}\n\
             clusters:\n- name: c\n  cluster:\n    server: {url}\n    {cluster}\n\
             contexts:\n- name: prod-weu\n  context:\n    cluster: c\n    user: u\n\
             - name: astray\n  context:\n    cluster: missing\n    user: u\n\
             users:\n- name: u\n  user:\n    {user}\n"
        );
        std::fs::write(self.path(), text).unwrap();
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn options(&self) -> ClusterOptions {
        ClusterOptions {
            kubeconfig: Some(self.path()),
            timeout: Duration::from_secs(20),
            attempts: 3,
            first_wait: Duration::from_millis(1),
            page: 2,
            ..ClusterOptions::default()
        }
    }

    pub(crate) async fn read(&self) -> Read {
        read(self.options()).await
    }
}

/// Connects and reads; whatever comes of it holds no secret.
pub(crate) async fn read(options: ClusterOptions) -> Read {
    let (outcome, observations, problems) = Sink::collect(async |sink| {
        let cluster = Cluster::connect(options).await?;
        cluster.observe(sink).await
    })
    .await;
    let read = Read {
        outcome,
        observations,
        problems,
    };
    assert!(!format!("{read:?}").contains("hunter2"), "{read:?}");
    if let Err(error) = &read.outcome {
        let text = error.to_string();
        assert!(!text.contains("hunter2") && !text.contains('\n'), "{text}");
    }
    if let Ok(outcome) = &read.outcome {
        assert_eq!(outcome.problems, read.problems.len() as u64);
    }
    read
}

impl Read {
    /// Observations as JSON without the times of the reading.
    pub(crate) fn facts(&self) -> Vec<Value> {
        let facts = self.observations.iter().map(|observation| {
            let mut fact = serde_json::to_value(observation).unwrap();
            let kind = fact["type"].as_str().unwrap().to_owned();
            let time = match kind.as_str() {
                "kube_pod" => "seen_at",
                "source_started" => "started_at",
                "source_complete" => "complete_at",
                _ => return fact,
            };
            assert!(fact[time].is_string(), "{fact}");
            fact[time] = Value::Null;
            fact
        });
        facts.collect()
    }

    /// Facts of a type.
    pub(crate) fn of(&self, kind: &str) -> Vec<Value> {
        let facts = self.facts().into_iter();
        facts.filter(|fact| fact["type"] == kind).collect()
    }

    /// `kind|scope` of the scopes that are complete.
    pub(crate) fn complete(&self) -> Vec<String> {
        let facts = self.of("source_complete").into_iter();
        let text = |fact: &Value, name: &str| fact[name].as_str().unwrap().to_owned();
        let scopes = facts.map(|fact| format!("{}|{}", text(&fact, "kind"), text(&fact, "scope")));
        scopes.collect()
    }

    /// The only problem.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.problems.len(), 1, "{:?}", self.problems);
        self.problems[0].to_string()
    }

    /// Nothing went wrong.
    pub(crate) fn healthy(&self) {
        let outcome = Outcome {
            complete: true,
            problems: 0,
        };
        assert_eq!(self.outcome, Ok(outcome), "{:?}", self.problems);
    }
}

/// An answer that is a `Status`, as errors of the API are.
pub(crate) fn status(code: u16, reason: &str) -> Answer {
    let status = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": format!("{reason} for the token {TOKEN}"), "reason": reason, "code": code,
    });
    let mut answer = Answer::json(&status);
    answer.status = code;
    answer
}

fn kind(plural: &str) -> &'static str {
    match plural {
        "deployments" => "Deployment",
        "statefulsets" => "StatefulSet",
        "daemonsets" => "DaemonSet",
        "replicasets" => "ReplicaSet",
        "jobs" => "Job",
        "cronjobs" => "CronJob",
        "secrets" => "Secret",
        _ => "Pod",
    }
}

fn handler(
    objects: Objects,
    instead: Box<Override>,
) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    // Each list has a version of its own, which its token holds.
    let version = Arc::new(Mutex::new(1000));
    move |asked| {
        assert_eq!(asked.method, "GET");
        if asked.headers.get("authorization") != Some(&format!("Bearer {TOKEN}")) {
            return status(401, "Unauthorized");
        }
        if let Some(answer) = instead(asked) {
            return answer;
        }
        let path: Vec<_> = asked.path.trim_matches('/').split('/').collect();
        let (namespace, plural) = match path[..] {
            ["api", "v1", plural] | ["apis", "apps" | "batch", "v1", plural] => (None, plural),
            ["api", "v1", "namespaces", namespace, plural]
            | [
                "apis",
                "apps" | "batch",
                "v1",
                "namespaces",
                namespace,
                plural,
            ] => (Some(namespace), plural),
            _ => return status(404, "NotFound"),
        };
        if plural == "secrets" {
            assert_eq!(asked.param("labelSelector"), "owner=helm");
            assert_eq!(asked.param("fieldSelector"), "type=helm.sh/release.v1");
        }
        let name = asked.param("fieldSelector").strip_prefix("metadata.name=");
        let all = objects.get(plural).map(Vec::as_slice).unwrap_or_default();
        let all: Vec<_> = all
            .iter()
            .filter(|item| namespace.is_none_or(|name| item["metadata"]["namespace"] == name))
            .filter(|item| name.is_none_or(|name| item["metadata"]["name"] == name))
            .collect();
        page(asked, plural, &all, &version)
    }
}

fn page(asked: &Asked, plural: &str, all: &[&Value], version: &Mutex<usize>) -> Answer {
    let limit: usize = asked.param("limit").parse().unwrap();
    let (from, version) = match asked.param("continue").split_once('@') {
        Some((from, version)) => (from.parse().unwrap(), version.parse().unwrap()),
        None => {
            let mut version = version.lock().unwrap();
            *version += 1;
            (0, *version)
        }
    };
    let to = all.len().min(from + limit);
    let mut metadata = json!({"resourceVersion": version.to_string()});
    if to < all.len() {
        metadata["continue"] = format!("{to}@{version}").into();
        metadata["remainingItemCount"] = (all.len() - to).into();
    }
    let group = asked.path.split('/').nth(2).unwrap();
    let api_version = if group == "v1" {
        "v1"
    } else {
        &format!("{group}/v1")
    };
    Answer::json(&json!({
        "kind": format!("{}List", kind(plural)), "apiVersion": api_version,
        "metadata": metadata, "items": all[from..to],
    }))
}

/// A cluster with a chain of every kind.
pub(crate) fn healthy() -> Objects {
    let mut checkout = meta("shop", "checkout", None);
    checkout["labels"] = json!({"app.kubernetes.io/name": "checkout",
        "app.kubernetes.io/version": "1.4.0", "helm.sh/chart": "shop-service-2.3.0",
        "app.kubernetes.io/managed-by": "Helm"});
    checkout["annotations"] = json!({"meta.helm.sh/release-name": "checkout",
        "meta.helm.sh/release-namespace": "shop"});
    let images = [
        "acme.azurecr.io/shop/checkout:1.4.0",
        "docker.io/envoyproxy/envoy:v1.31.2",
    ];
    let twice = [images[0], images[1], images[0]];
    let of = |kind, namespace, name| Some(owner("apps/v1", kind, namespace, name));
    let of_job = |name| Some(owner("batch/v1", "Job", "shop", name));
    let rollout = Some(owner("argoproj.io/v1alpha1", "Rollout", "shop", "web"));
    let nightly = Some(owner("batch/v1", "CronJob", "shop", "nightly"));
    // Strimzi's pods name their owner, but as one that does not control them.
    let mut loosely = owner(
        "core.strimzi.io/v1beta2",
        "StrimziPodSet",
        "kafka",
        "broker",
    );
    loosely["controller"] = json!(false);
    let node = owner("v1", "Node", "", "node-1");
    BTreeMap::from([
        (
            "deployments",
            vec![
                workload(checkout, &twice),
                workload(meta("shop", "cart", None), &images[..1]),
                workload(meta("web", "site", None), &images[1..]),
            ],
        ),
        (
            "statefulsets",
            vec![workload(meta("db", "pg", None), &["postgres:17"])],
        ),
        (
            "daemonsets",
            vec![daemon_set(meta("kube-system", "agent", None), &["agent:1"])],
        ),
        (
            "cronjobs",
            vec![cron_job(meta("shop", "nightly", None), &["nightly:1"])],
        ),
        (
            "replicasets",
            vec![
                workload(
                    meta("shop", "checkout-7d9", of("Deployment", "shop", "checkout")),
                    &images,
                ),
                workload(meta("shop", "lone", None), &images[..1]),
                workload(meta("shop", "web-5c4", rollout), &images[..1]),
            ],
        ),
        (
            "jobs",
            vec![
                job(meta("shop", "nightly-1", nightly), &["nightly:1"]),
                job(meta("shop", "migrate", None), &["migrate:1"]),
            ],
        ),
        (
            "pods",
            vec![
                pod(
                    "shop",
                    "checkout-7d9-x",
                    of("ReplicaSet", "shop", "checkout-7d9"),
                ),
                pod("shop", "lone-x", of("ReplicaSet", "shop", "lone")),
                pod("shop", "web-5c4-x", of("ReplicaSet", "shop", "web-5c4")),
                pod("db", "pg-0", of("StatefulSet", "db", "pg")),
                pod(
                    "kube-system",
                    "agent-x",
                    of("DaemonSet", "kube-system", "agent"),
                ),
                pod("shop", "nightly-1-x", of_job("nightly-1")),
                pod("shop", "migrate-x", of_job("migrate")),
                pod("kafka", "broker-0", Some(loosely)),
                pod("kube-system", "etcd-node-1", Some(node)),
                pod("shop", "debug", None),
            ],
        ),
        ("secrets", crate::releases::secrets()),
    ])
}
