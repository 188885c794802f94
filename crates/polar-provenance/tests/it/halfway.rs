//! Readings that fail half-way, at each request in turn: nothing looks orphaned or gone for it.

use std::{sync::Arc, time::Duration};

use polar_cluster::{Cluster, ClusterOptions};
use polar_gitlab::{ARTIFACT_FILES, GitLab, GitLabOptions, What};
use polar_graph::GraphStore;
use polar_ingest::Ingest;
use polar_query::findings;
use polar_reconcile::{Mode, Stop, pass};
use polar_registry::{Login, Registry, RegistryOptions};
use polar_rules::{Rule, builtin_rules, in_order};
use polar_source::{HttpOptions, Secret, Seen, Sink, SourceError};
use polar_testkit::{Fault, REGISTRY_LOGIN, dump, on_both, wipe};

use crate::{
    common::facts,
    estate::{Estate, GITLAB_TOKEN, ORPHAN, REGISTRY},
};

#[derive(Clone, Copy)]
enum Of {
    GitLab,
    Registry,
    Kubernetes,
}

impl Of {
    /// Reads the source, once for each request; returns whether all was read.
    async fn observe(self, estate: &Estate, sink: &Sink) -> Result<bool, SourceError> {
        let http = HttpOptions {
            ca_certificate: Some(estate.ca.clone()),
            attempts: 1,
            ..HttpOptions::default()
        };
        match self {
            Self::GitLab => {
                let options = GitLabOptions {
                    endpoint: estate.gitlab.url.parse().unwrap(),
                    token: Secret::new(GITLAB_TOKEN),
                    http,
                    what: What::Everything,
                    marks: [].into(),
                    artifact_files: ARTIFACT_FILES.iter().map(|&file| file.into()).collect(),
                    registry_tags: true,
                };
                Ok(GitLab::new(options)?.observe(sink).await?.complete)
            }
            Self::Registry => {
                let (user, password) = REGISTRY_LOGIN;
                let options = RegistryOptions {
                    address: Some(estate.registry.host.clone()),
                    login: Login::Password {
                        user: user.to_owned(),
                        password: Secret::new(password),
                    },
                    http,
                    ..RegistryOptions::new(REGISTRY)
                };
                Ok(Registry::new(options)?.observe(sink).await?.complete)
            }
            Self::Kubernetes => {
                let options = ClusterOptions {
                    name: Some("prod-weu".to_owned()),
                    kubeconfig: Some(estate.kubeconfig.clone()),
                    attempts: 1,
                    first_wait: Duration::from_millis(1),
                    ..ClusterOptions::default()
                };
                let cluster = Cluster::connect(options).await?;
                Ok(cluster.observe(sink).await?.complete)
            }
        }
    }
}

/// Reads a source into the graph, as far as it gets.
async fn take(store: &dyn GraphStore, estate: &Estate, of: Of) -> bool {
    let (sink, mut seen) = Sink::channel();
    let observing = async {
        let outcome = of.observe(estate, &sink).await;
        drop(sink);
        outcome.unwrap_or(false)
    };
    let taking = async {
        let mut intake = Ingest::new(store, |_| ());
        while let Some(seen) = seen.recv().await {
            if let Seen::Observation(observation) = seen {
                intake.observation(&observation).await.unwrap();
            }
        }
        intake.flush().await.unwrap();
    };
    tokio::join!(observing, taking).0
}

async fn reconcile(store: &dyn GraphStore) {
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let mut quiet = |_: &Rule, _| ();
    let stop = Stop::default();
    pass(store, &rules, Mode::Apply, &stop, &mut quiet)
        .await
        .unwrap();
}

async fn unbuilt(store: &dyn GraphStore) -> Vec<String> {
    let findings = findings(store).await.unwrap();
    let unbuilt = findings
        .into_iter()
        .filter(|finding| finding.kind == "unbuilt");
    unbuilt.map(|finding| finding.subject).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_no_orphan_while_gitlab_was_read_half_way() {
    let estate = Estate::new().await;
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        estate.gitlab.reset();
        take(store, &estate, Of::Registry).await;
        assert!(take(store, &estate, Of::GitLab).await);
        reconcile(store).await;
        let [orphan] = unbuilt(store).await.try_into().unwrap();
        assert!(orphan.contains(ORPHAN), "{orphan}");
        let requests = estate.gitlab.asked().len();
        assert!(requests > 10);
        for number in 0..requests {
            wipe(store).await;
            estate.gitlab.reset();
            estate.gitlab.fail_from(number, Fault::status(500));
            take(store, &estate, Of::Registry).await;
            assert!(!take(store, &estate, Of::GitLab).await, "request {number}");
            reconcile(store).await;
            assert_eq!(unbuilt(store).await, [] as [&str; 0], "request {number}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_gone_while_a_source_was_read_half_way() {
    let estate = Estate::new().await;
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        estate.gitlab.reset();
        estate.kubernetes.reset();
        for of in [Of::Registry, Of::GitLab, Of::Kubernetes] {
            assert!(take(store, &estate, of).await);
        }
        reconcile(store).await;
        let graph = facts(dump(store).await);
        for (of, server) in [
            (Of::GitLab, &estate.gitlab),
            (Of::Kubernetes, &estate.kubernetes),
        ] {
            for number in 0..server.asked().len() {
                let asked = server.asked();
                server.reset();
                server.fail_from(number, Fault::status(500));
                let is_complete = take(store, &estate, of).await;
                // Helm releases are a reading of their own.
                let is_helm = asked
                    .get(number)
                    .is_some_and(|asked| asked.path.ends_with("/secrets"));
                assert_eq!(is_complete, is_helm, "request {number}");
                reconcile(store).await;
                assert_eq!(facts(dump(store).await), graph, "request {number}");
                server.reset();
                take(store, &estate, of).await;
            }
        }
    })
    .await;
}
