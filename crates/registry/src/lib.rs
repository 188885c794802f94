//! The observer of OCI registries: any that speak the OCI Distribution API, and Azure's ACR, which
//! also tells when a tag was moved.
//!
//! Plain requests rather than the crate `oci-client`, which checks no digest of a manifest against
//! its bytes without pulling, reads neither ACR's own API nor `Retry-After`, and keeps whole lists.
//!
//! It reads only, and knows nothing of the graph. It says which signatures and attestations are
//! there, and which of the public keys that it was given made them.
//!
//! Invariants: a digest in an observation is that of the bytes received, or, where the bytes were
//! not asked for again, what the registry says; a repository is complete only if all of it was
//! read; memory does not grow with the number of repositories, and holds one digest for each
//! manifest of the repositories in hand.

mod api;
mod attached;
mod auth;
mod credentials;
mod digest;
mod repository;
mod statement;
mod verdict;
mod wire;

use std::collections::{BTreeSet, HashSet};

use futures_util::StreamExt;
use jiff::Timestamp;
use polar_model::{Observation, SourceComplete, SourceStarted};
use polar_source::{HttpOptions, Outcome, Sink, SourceError};

use crate::{api::Api, repository::RepositoryReading};

pub use credentials::Login;
pub use verdict::GivenKey;

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct RegistryOptions {
    /// Host with port, e.g. `acme.azurecr.io` or `docker.io`.
    pub registry: String,
    /// Host with port at which it answers, if not at its name: behind a proxy, or inside a network.
    pub address: Option<String>,
    /// Repositories to read; all in the registry's catalogue if there are none.
    pub repositories: Vec<String>,
    /// What to log in with.
    pub login: Login,
    /// Whether to speak plain HTTP, which anybody on the way can read and change.
    pub plain_http: bool,
    /// Whether it is an ACR; by its name if it is not said.
    pub is_acr: Option<bool>,
    /// How requests are made.
    pub http: HttpOptions,
    /// Tags that are read at the same time.
    pub parallel: usize,
    /// Digests of image manifests that need not be read again: a manifest never changes.
    pub known_manifests: HashSet<String>,
    /// Public keys to verify with. All are tried on all that is attached, wherever they count: what
    /// is attached can be held by several repositories.
    pub keys: Vec<GivenKey>,
}

impl RegistryOptions {
    /// The whole of a registry, without logging in.
    #[must_use]
    pub fn new(registry: &str) -> Self {
        Self {
            registry: registry.to_owned(),
            address: None,
            repositories: Vec::new(),
            login: Login::Anonymous,
            plain_http: false,
            is_acr: None,
            http: HttpOptions::default(),
            parallel: 6,
            known_manifests: HashSet::new(),
            keys: Vec::new(),
        }
    }
}

/// A registry to read.
pub struct Registry {
    api: Api,
    options: RegistryOptions,
}

impl Registry {
    /// Prepares to read; asks nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] for a host or certificate that can never work.
    pub fn new(options: RegistryOptions) -> Result<Self, SourceError> {
        let api = Api::new(&options)?;
        Ok(Self { api, options })
    }

    /// Reads the registry and hands out what it sees.
    ///
    /// # Errors
    /// Where nothing more can be read: nobody answers, the login is refused, or the catalogue.
    pub async fn observe(&self, sink: &Sink) -> Result<Outcome, SourceError> {
        if self.options.repositories.is_empty() {
            self.observe_all(sink).await
        } else {
            let named: BTreeSet<String> = self.options.repositories.iter().cloned().collect();
            let named = named.into_iter().collect();
            let problems = self.observe_these(named, sink).await?;
            let complete = problems == 0;
            Ok(Outcome { complete, problems })
        }
    }

    async fn observe_all(&self, sink: &Sink) -> Result<Outcome, SourceError> {
        let scope = &self.options.registry;
        begin(sink, scope).await?;
        let mut problems = 0;
        let mut page = Some(self.api.catalogue());
        while let Some(url) = page {
            let (repositories, next) = self.api.catalogue_page(url).await?;
            problems += self.observe_these(repositories, sink).await?;
            page = next;
        }
        if problems == 0 {
            end(sink, scope).await?;
        }
        let complete = problems == 0;
        Ok(Outcome { complete, problems })
    }

    /// Reads repositories, and returns the number of problems.
    async fn observe_these(
        &self,
        repositories: Vec<String>,
        sink: &Sink,
    ) -> Result<u64, SourceError> {
        let mut problems = 0;
        let readings = repositories.into_iter().map(|name| async move {
            let reading = RepositoryReading::new(&self.api, &self.options, &name, sink);
            reading.read().await
        });
        // Within a repository tags are read side by side; here it helps with many small ones.
        let mut readings = futures_util::stream::iter(readings).buffer_unordered(2);
        while let Some(done) = readings.next().await {
            problems += done?;
        }
        Ok(problems)
    }
}

/// The kinds of reading that a registry, or a repository, is: its images, and what is attached to
/// them, which others that list tags do not see.
const KINDS: [&str; 2] = ["registry", "attached"];

async fn begin(sink: &Sink, scope: &str) -> Result<(), SourceError> {
    for kind in KINDS {
        let started = SourceStarted {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            started_at: Timestamp::now(),
        };
        sink.observe(Observation::SourceStarted(started)).await?;
    }
    Ok(())
}

async fn end(sink: &Sink, scope: &str) -> Result<(), SourceError> {
    for kind in KINDS {
        let complete = SourceComplete {
            kind: kind.to_owned(),
            scope: scope.to_owned(),
            complete_at: Timestamp::now(),
            mark: None,
        };
        sink.observe(Observation::SourceComplete(complete)).await?;
    }
    Ok(())
}
