//! The observer of Kubernetes: workloads, pods with their owners and containers, and what Helm
//! installed, read with lists alone.
//!
//! It does not know how images are named, what a graph is, or what any custom resource means.
//!
//! Invariants: it sends no request but `GET`; of an object only what an observation needs is kept,
//! and of pods no more than a page; nothing of a `Secret` leaves it but name, revision, status and
//! chart of a release and the workloads it installed, and no text that a server or a plugin sent is
//! passed on in an error. An item that cannot be read is a problem, and its scope is not complete.
//!
//! Scopes: kind `kubernetes` and, since rights on secrets are often kept back, kind `helm` apart
//! from it; both named after the cluster, or `cluster/namespace` where namespaces were chosen.

mod api;
mod connect;
mod helm;
mod manifest;
mod owners;
mod pages;
mod pods;
mod proxy;
mod read;
mod wire;
mod workloads;

use std::{path::PathBuf, time::Duration};

use polar_source::{Outcome, Retries, Sink, SourceError};

use crate::{api::Api, read::Reading};

/// How a cluster is reached, and what of it is read.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Name of the cluster in observations; without one, the name of the kubeconfig's context, or
    /// `in-cluster`.
    pub name: Option<String>,
    /// The kubeconfig; without one, as `kubectl` finds it, else the service account of the pod that
    /// this runs in.
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; without one, its current context.
    pub context: Option<String>,
    /// Namespaces to read, each alone; empty: the whole cluster.
    pub namespaces: Vec<String>,
    /// PEM file of an authority to trust besides the kubeconfig's, or besides the system's where it
    /// names none.
    pub ca_certificate: Option<PathBuf>,
    /// Longest time for one attempt, its body included.
    pub timeout: Duration,
    /// How often a request is tried, the first time included.
    pub attempts: usize,
    /// The first wait between attempts; it doubles from there.
    pub first_wait: Duration,
    /// Objects in one page of a list.
    pub page: u32,
    /// Counts requests that are made again.
    pub retries: Retries,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            name: None,
            kubeconfig: None,
            context: None,
            namespaces: Vec::new(),
            ca_certificate: None,
            timeout: Duration::from_secs(60),
            attempts: 5,
            first_wait: Duration::from_millis(500),
            page: 500,
            retries: Retries::default(),
        }
    }
}

/// A cluster that can be observed.
pub struct Cluster {
    api: Api,
    name: String,
    namespaces: Vec<String>,
    page: u32,
}

impl Cluster {
    /// Makes a client from a kubeconfig or a service account. Runs the kubeconfig's credential
    /// plugin, where it names one, but asks the cluster nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] with what to do about it.
    pub async fn connect(options: ClusterOptions) -> Result<Self, SourceError> {
        let wrong = |text: &str| Err(SourceError::Settings(text.to_owned()));
        if options.name.as_ref().is_some_and(|name| name.is_empty()) {
            return wrong("the name given to the cluster is empty");
        }
        let mut namespaces = options.namespaces.clone();
        namespaces.sort();
        namespaces.dedup();
        if namespaces.iter().any(|name| !is_namespace(name)) {
            return wrong("a namespace is a DNS label: lower-case letters, digits and `-`");
        }
        if options.page == 0 {
            return wrong("a page of a list has one object at least");
        }
        let connected = connect::connect(&options).await?;
        Ok(Self {
            name: options.name.clone().unwrap_or(connected.name),
            api: Api::new(connected.client, connected.address, &options),
            namespaces,
            page: options.page,
        })
    }

    /// Name of the cluster in observations.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads what was chosen, and hands it out as it is read.
    ///
    /// Complete is what was read of kind `kubernetes`, whatever became of Helm releases; problems
    /// with those count as any other.
    ///
    /// # Errors
    /// If nothing more can be read: no answer after all attempts, credentials that are no good, or
    /// nobody takes what is read.
    pub async fn observe(&self, sink: &Sink) -> Result<Outcome, SourceError> {
        let mut reading = Reading::new(self, sink);
        let mut complete = true;
        if self.namespaces.is_empty() {
            complete = reading.scope(None).await?;
        }
        for namespace in &self.namespaces {
            complete &= reading.scope(Some(namespace)).await?;
        }
        Ok(Outcome {
            complete,
            problems: reading.problems(),
        })
    }
}

/// Whether it is a label of RFC 1123, as names of namespaces are.
fn is_namespace(name: &str) -> bool {
    let is_inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(is_inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
