//! The observer of GitLab, over its REST API v4: projects, pipelines with their jobs and commits,
//! merge requests with their approvals, releases, packages, the projects' container registries, and
//! the images that jobs say they pushed, or may have pushed by the time of a tag.
//!
//! Plain requests: a dozen addresses, of whose answers a few fields are read.
//!
//! It reads only, and knows nothing of the graph. It does not know what an image is made of: that is
//! the registry's observer's, and it does not unpack artifacts, but asks for single files in them.
//!
//! Invariants: a project, a repository or the instance is complete only if all of it was read;
//! what one element of a list lacks keeps no other from being read; memory grows with one project,
//! not with their number, but for the ids of projects and the names of users; the token goes to the
//! endpoint's origin only, in a header.

mod api;
mod images;
mod merge_requests;
mod pipelines;
mod project;
mod registry;
mod run;
mod wire;

use std::collections::BTreeMap;

use polar_source::{HttpOptions, Outcome, Secret, Sink, SourceError, Url};

use crate::{api::Api, run::Run};

/// Files in job artifacts that usually tell what was pushed: dotenv files, buildx's
/// `--metadata-file`, and the statement that GitLab's runner writes.
pub const ARTIFACT_FILES: &[&str] = &[
    "image.env",
    "build.env",
    "metadata.json",
    "artifacts-metadata.json",
];

/// What to read, and how.
#[derive(Debug, Clone)]
pub struct GitLabOptions {
    /// Address of the instance, e.g. `https://gitlab.example.com`, also below a path; `/api/v4` is
    /// appended unless it is there.
    pub endpoint: Url,
    /// A token with the scope `read_api`.
    pub token: Secret,
    /// How requests are made.
    pub http: HttpOptions,
    /// Which projects to read.
    pub what: What,
    /// Where to go on: the mark of an earlier complete reading, by scope (`instance/path`). A
    /// project without one is read from its beginning.
    pub marks: BTreeMap<String, String>,
    /// Files to look for in the artifacts of each job, e.g. [`ARTIFACT_FILES`].
    pub artifact_files: Vec<String>,
    /// Whether to read the tags of the projects' container registries.
    pub registry_tags: bool,
}

/// Which projects to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// All that the token sees.
    Everything,
    /// Those of groups and of the groups in them, by full path.
    Groups(Vec<String>),
    /// Those of these paths, e.g. `shop/checkout`.
    Projects(Vec<String>),
}

/// A GitLab to read.
pub struct GitLab {
    api: Api,
    options: GitLabOptions,
}

impl GitLab {
    /// Prepares to read; asks nothing yet.
    ///
    /// # Errors
    /// [`SourceError::Settings`] for an endpoint, a token or a certificate that can never work.
    pub fn new(options: GitLabOptions) -> Result<Self, SourceError> {
        let api = Api::new(&options)?;
        Ok(Self { api, options })
    }

    /// Reads GitLab and hands out what it sees.
    ///
    /// # Errors
    /// Where nothing more can be read: nobody answers, the token is refused, or the sink is closed.
    pub async fn observe(&self, sink: &Sink) -> Result<Outcome, SourceError> {
        Run::new(self.api.clone(), &self.options, sink).read().await
    }
}
