//! A reading: scope by scope, kind by kind.

use std::fmt;

use jiff::Timestamp;
use polar_model::{Observation, SourceComplete, SourceStarted};
use polar_source::{Sink, SourceError};

use crate::{
    Cluster,
    helm::Releases,
    owners::{Chain, Owner, Owners},
    pages::{BadItem, Pages, Query, Resource},
    pods::pod,
    wire::{Pod, ReleaseSecret, Workload},
    workloads::workload,
};

/// Secrets in one page: each may be as large as the API allows, 1 MiB.
const SECRETS: u32 = 20;

const fn resource(group: &'static str, kind: &'static str, plural: &'static str) -> Resource {
    Resource {
        group,
        kind,
        plural,
    }
}

/// Workloads, whether or not something owns them.
const WORKLOADS: [&Resource; 4] = [
    &resource("apps", "Deployment", "deployments"),
    &resource("apps", "StatefulSet", "statefulsets"),
    &resource("apps", "DaemonSet", "daemonsets"),
    &resource("batch", "CronJob", "cronjobs"),
];

/// What stands between pods and workloads, or is a workload where nothing owns it.
const MIDDLE: [&Resource; 2] = [
    &resource("apps", "ReplicaSet", "replicasets"),
    &resource("batch", "Job", "jobs"),
];

const PODS: &Resource = &resource("", "Pod", "pods");
const SECRETS_OF_HELM: &Resource = &resource("", "Secret", "secrets");

/// A reading under way.
pub(crate) struct Reading<'a> {
    cluster: &'a Cluster,
    sink: &'a Sink,
    problems: u64,
    /// Facts about what is in the cluster, so far.
    facts: u64,
}

/// What was learnt on the way to the pods.
#[derive(Default)]
struct Known {
    owners: Owners,
    /// Kinds between pods and workloads that could be listed.
    middle: Vec<&'static Resource>,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(cluster: &'a Cluster, sink: &'a Sink) -> Self {
        Self {
            cluster,
            sink,
            problems: 0,
            facts: 0,
        }
    }

    /// Problems so far.
    pub(crate) fn problems(&self) -> u64 {
        self.problems
    }

    /// Reads the cluster or one namespace; whether it was read completely, Helm aside.
    pub(crate) async fn scope(&mut self, namespace: Option<&str>) -> Result<bool, SourceError> {
        let cluster = &self.cluster.name;
        let scope = match namespace {
            None => cluster.clone(),
            Some(namespace) => format!("{cluster}/{namespace}"),
        };
        self.started("kubernetes", &scope).await?;
        let (before, facts) = (self.problems, self.facts);
        let mut known = Known::default();
        for resource in WORKLOADS.iter().chain(&MIDDLE) {
            let read = self.workloads(resource, namespace, &mut known).await;
            let is_read = self.told(read).await?;
            if is_read && MIDDLE.contains(resource) {
                known.middle.push(resource);
            }
        }
        let read = self.pods(namespace, &mut known).await;
        self.told(read).await?;
        let complete = self.problems == before;
        // Within the reading of the cluster, so that whoever takes both scopes for one sees the
        // releases before it ends.
        self.helm(namespace, &scope).await?;
        if complete {
            self.complete("kubernetes", &scope).await?;
        }
        // The API answers for a namespace that is not there as for an empty one.
        if namespace.is_some() && self.facts == facts && self.problems == before {
            tracing::warn!(scope, "nothing is in the namespace, if it is there at all");
        }
        Ok(complete)
    }

    async fn helm(&mut self, namespace: Option<&str>, scope: &str) -> Result<(), SourceError> {
        self.started("helm", scope).await?;
        let before = self.problems;
        let read = self.releases(namespace).await;
        let read = read.map_err(|error| match error {
            SourceError::Refused {
                place,
                status,
                hint,
            } if status != 401 => SourceError::Refused {
                place,
                status,
                hint: format!("{hint}; only Helm releases are left out for it"),
            },
            error => error,
        });
        self.told(read).await?;
        if self.problems == before {
            self.complete("helm", scope).await?;
        }
        Ok(())
    }

    /// Hands out the workloads of a kind, and notes owners.
    async fn workloads(
        &mut self,
        resource: &'static Resource,
        namespace: Option<&str>,
        known: &mut Known,
    ) -> Result<(), SourceError> {
        let is_middle = MIDDLE.contains(&resource);
        let mut pages = self.list(resource, namespace);
        while let Some(page) = pages.next().await? {
            for item in page {
                let mut object: Workload = match item.read(resource) {
                    Ok(object) => object,
                    Err(bad) => {
                        self.bad(bad).await?;
                        continue;
                    }
                };
                let owner = Owner::of(&mut object.metadata);
                let is_owned = owner.is_some();
                if is_middle {
                    known.owners.note(object.metadata.uid.clone(), owner);
                }
                if is_middle && is_owned {
                    continue;
                }
                let (kind, metadata) = (resource.kind, &object.metadata);
                let place = format!("{kind} {}/{}", metadata.namespace, metadata.name);
                match workload(&self.cluster.name, kind, object) {
                    Ok(workload) => self.fact(Observation::KubeWorkload(workload)).await?,
                    Err(reason) => self.problem(place, reason).await?,
                }
            }
        }
        Ok(())
    }

    /// Hands out the pods, page by page.
    async fn pods(
        &mut self,
        namespace: Option<&str>,
        known: &mut Known,
    ) -> Result<(), SourceError> {
        let mut pages = self.list(PODS, namespace);
        while let Some(page) = pages.next().await? {
            let seen_at = Timestamp::now();
            for item in page {
                let mut object: Pod = match item.read(PODS) {
                    Ok(object) => object,
                    Err(bad) => {
                        self.bad(bad).await?;
                        continue;
                    }
                };
                let owner = Owner::of(&mut object.metadata);
                let owners = loop {
                    match known.owners.chain(owner.clone(), &known.middle) {
                        Chain::Whole(owners) => break owners,
                        Chain::Unknown(unknown) => {
                            let namespace = &object.metadata.namespace;
                            let read = self.look_up(&unknown, namespace, known).await;
                            self.told(read).await?;
                        }
                    }
                };
                let pod = pod(&self.cluster.name, object, owners, seen_at);
                self.fact(Observation::KubePod(pod)).await?;
            }
        }
        Ok(())
    }

    /// Learns the owner of a `ReplicaSet` or `Job` that is younger than the list of them. It is
    /// noted in any case, so that it is asked for once.
    async fn look_up(
        &mut self,
        unknown: &Owner,
        namespace: &str,
        known: &mut Known,
    ) -> Result<(), SourceError> {
        known.owners.note(unknown.uid().to_owned(), None);
        let Some(resource) = MIDDLE.iter().find(|resource| unknown.is_a(resource)) else {
            return Ok(());
        };
        let fields = format!("metadata.name={}", unknown.name());
        let query = Query {
            fields: &fields,
            ..self.query(resource, Some(namespace))
        };
        let mut pages = Pages::new(&self.cluster.api, query);
        while let Some(page) = pages.next().await? {
            for item in page {
                match item.read::<Workload>(resource) {
                    Err(bad) => self.bad(bad).await?,
                    Ok(mut object) => {
                        let owner = Owner::of(&mut object.metadata);
                        known.owners.note(object.metadata.uid, owner);
                    }
                }
            }
        }
        Ok(())
    }

    async fn releases(&mut self, namespace: Option<&str>) -> Result<(), SourceError> {
        let query = Query {
            labels: "owner=helm",
            fields: "type=helm.sh/release.v1",
            limit: self.cluster.page.min(SECRETS),
            ..self.query(SECRETS_OF_HELM, namespace)
        };
        let mut pages = Pages::new(&self.cluster.api, query);
        let mut releases = Releases::default();
        while let Some(page) = pages.next().await? {
            for item in page {
                let secret: ReleaseSecret = match item.read(SECRETS_OF_HELM) {
                    Ok(secret) => secret,
                    Err(bad) => {
                        self.bad(bad).await?;
                        continue;
                    }
                };
                if let Err(reason) = releases.add(&self.cluster.name, &secret) {
                    let metadata = &secret.metadata;
                    let place = format!("Secret {}/{}", metadata.namespace, metadata.name);
                    self.problem(place, reason).await?;
                }
            }
        }
        for release in releases.into_all() {
            match release {
                Ok(release) => self.fact(Observation::HelmRelease(release)).await?,
                Err((place, reason)) => self.problem(place, reason).await?,
            }
        }
        Ok(())
    }

    fn query<'q>(&self, resource: &'static Resource, namespace: Option<&'q str>) -> Query<'q> {
        Query {
            resource,
            namespace,
            labels: "",
            fields: "",
            limit: self.cluster.page,
        }
    }

    fn list<'q>(&self, resource: &'static Resource, namespace: Option<&'q str>) -> Pages<'q>
    where
        'a: 'q,
    {
        Pages::new(&self.cluster.api, self.query(resource, namespace))
    }

    /// Makes a problem of a failure that others need not share; whether there was none.
    async fn told(&mut self, outcome: Result<(), SourceError>) -> Result<bool, SourceError> {
        match outcome {
            Ok(()) => return Ok(true),
            Err(error) if error.ends_reading() => return Err(error),
            Err(SourceError::Refused {
                place,
                status,
                hint,
            }) => self.problem(place, format!("{status}{hint}")).await?,
            Err(SourceError::Unreadable { place, reason }) => {
                let reason = format!("unreadable answer: {reason}");
                self.problem(place, reason).await?;
            }
            Err(error) => self.problem(self.cluster.name.clone(), error).await?,
        }
        Ok(false)
    }

    async fn bad(&mut self, bad: BadItem) -> Result<(), SourceError> {
        self.problem(bad.place, bad.reason).await
    }

    async fn problem(
        &mut self,
        place: String,
        reason: impl fmt::Display,
    ) -> Result<(), SourceError> {
        self.problems += 1;
        self.sink.problem(place, reason).await
    }

    async fn fact(&mut self, observation: Observation) -> Result<(), SourceError> {
        self.facts += 1;
        self.observe(observation).await
    }

    async fn observe(&self, observation: Observation) -> Result<(), SourceError> {
        self.sink.observe(observation).await
    }

    async fn started(&self, kind: &str, scope: &str) -> Result<(), SourceError> {
        let started = SourceStarted {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            started_at: Timestamp::now(),
        };
        self.observe(Observation::SourceStarted(started)).await
    }

    async fn complete(&self, kind: &str, scope: &str) -> Result<(), SourceError> {
        let complete = SourceComplete {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            complete_at: Timestamp::now(),
            mark: None,
        };
        self.observe(Observation::SourceComplete(complete)).await
    }
}
