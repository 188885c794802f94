//! One project: its parts one after the other, each read whatever becomes of the others.

use std::collections::HashSet;

use jiff::Timestamp;
use polar_model::{GitCommit, GitLabPackage, GitLabProject, GitLabRelease, Observation};
use polar_source::{SourceError, Url};

use crate::{
    run::{Pages, Run},
    wire::{Commit, Features, Package, Project, Release},
};

/// When a job ran.
pub(crate) struct Window {
    pub(crate) pipeline: i64,
    pub(crate) job: i64,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Timestamp,
}

/// The reading of one project.
pub(crate) struct ProjectReading<'r, 'a> {
    pub(crate) run: &'r mut Run<'a>,
    /// Numeric id, for addresses.
    id: String,
    pub(crate) path: String,
    /// `instance/path`.
    pub(crate) scope: String,
    /// The mark of an earlier reading.
    since: Option<Timestamp>,
    /// Commits that were handed out, or are not there.
    pub(crate) commits: HashSet<String>,
    pub(crate) windows: Vec<Window>,
    /// Images that jobs reported, with their digests, as [`crate::registry::name`] writes them.
    pub(crate) reported: HashSet<(String, String)>,
}

/// Reads a project. A failure that something else can be read after becomes a problem.
pub(crate) async fn read(run: &mut Run<'_>, project: Project) -> Result<(), SourceError> {
    let path = project.path_with_namespace;
    let scope = format!("{}/{path}", run.instance);
    let reading = run.start("gitlab", &scope).await?;
    let observation = Observation::GitLabProject(GitLabProject {
        instance: run.instance.clone(),
        path: path.clone(),
        web_url: project.web_url,
        default_branch: project.default_branch,
    });
    run.observe(observation).await?;
    // A mark that is no time is none: everything is read again.
    let since = run.options.marks.get(&scope);
    let since = since.and_then(|mark| mark.parse().ok());
    let mut project = ProjectReading {
        run,
        id: project.id.to_string(),
        path,
        scope,
        since,
        commits: HashSet::new(),
        windows: Vec::new(),
        reported: HashSet::new(),
    };
    project.parts().await?;
    let mark = run.mark();
    run.complete(reading, Some(mark)).await
}

impl ProjectReading<'_, '_> {
    async fn parts(&mut self) -> Result<(), SourceError> {
        // Merge requests first: their lists tell most commits of pipelines, which then need not be
        // asked for one by one. The registry last: it is compared with what the jobs did.
        let done = self.merge_requests().await;
        let done = self
            .unless_switched_off(done, |on| on.merge_requests_access_level.as_deref())
            .await;
        self.settle("merge requests", done).await?;
        let done = self.pipelines().await;
        let done = self
            .unless_switched_off(done, |on| on.builds_access_level.as_deref())
            .await;
        self.settle("pipelines", done).await?;
        let done = self.releases().await;
        self.settle("releases", done).await?;
        let done = self.packages().await;
        self.settle("packages", done).await?;
        let done = self.repositories().await;
        self.settle("container registry", done).await
    }

    /// GitLab refuses the lists of a feature that the project has switched off with the same 403 as
    /// those that the token may not see. The project tells the difference.
    async fn unless_switched_off(
        &mut self,
        done: Result<(), SourceError>,
        level: fn(&Features) -> Option<&str>,
    ) -> Result<(), SourceError> {
        let Err(SourceError::Refused { status: 403, .. }) = &done else {
            return done;
        };
        let url = self.url(&[], &[]);
        let features = self.run.get(url).await.and_then(|reply| reply.json());
        match features {
            Ok(on) if level(&on) == Some("disabled") => Ok(()),
            Ok(on) if on.repository_access_level.as_deref() == Some("disabled") => Ok(()),
            Err(error) if self.run.api.is_over(&error) => Err(error),
            _ => done,
        }
    }

    async fn releases(&mut self) -> Result<(), SourceError> {
        let mut pages = self.pages("releases", &["releases"], &[]).optional();
        while let Some(page) = self.run.page::<Release>(&mut pages).await? {
            for release in page {
                let observation = Observation::GitLabRelease(GitLabRelease {
                    instance: self.run.instance.clone(),
                    project: self.path.clone(),
                    tag: release.tag_name,
                    name: release.name,
                    sha: release.commit.and_then(|commit| commit.id),
                    released_at: release.released_at,
                });
                self.run.observe(observation).await?;
            }
        }
        Ok(())
    }

    async fn packages(&mut self) -> Result<(), SourceError> {
        let query = [("order_by", "created_at"), ("sort", "asc")];
        let mut pages = self.pages("packages", &["packages"], &query).optional();
        while let Some(page) = self.run.page::<Package>(&mut pages).await? {
            for package in page {
                let observation = Observation::GitLabPackage(GitLabPackage {
                    instance: self.run.instance.clone(),
                    project: self.path.clone(),
                    id: package.id,
                    name: package.name,
                    version: package.version,
                    package_type: package.package_type,
                    pipeline: package.pipeline.map(|pipeline| pipeline.id),
                    created_at: package.created_at,
                });
                self.run.observe(observation).await?;
            }
        }
        Ok(())
    }

    /// Hands out a commit, once in a project.
    pub(crate) async fn commit(&mut self, commit: Commit) -> Result<(), SourceError> {
        if !self.commits.insert(commit.id.clone()) {
            return Ok(());
        }
        let observation = Observation::GitCommit(GitCommit {
            oid: commit.id,
            title: commit.title,
            author_name: commit.author_name,
            committed_at: commit.committed_date,
            web_url: commit.web_url,
        });
        self.run.observe(observation).await
    }

    /// An address below the project's.
    pub(crate) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let path = [&["projects", self.id.as_str()], path].concat();
        self.run.api.url(&path, query)
    }

    /// A list below the project's address.
    pub(crate) fn pages(&self, what: &str, path: &[&str], query: &[(&str, &str)]) -> Pages {
        let place = format!("{}: {what}", self.scope);
        self.run.pages(place, self.url(path, query))
    }

    /// As [`Self::pages`], of what was updated since the earlier reading.
    pub(crate) fn updated(&self, what: &str, path: &[&str], query: &[(&str, &str)]) -> Pages {
        let since = self.since.map(|since| since.to_string());
        let since = since.iter().map(|since| ("updated_after", since.as_str()));
        let query: Vec<_> = query.iter().copied().chain(since).collect();
        self.pages(what, path, &query)
    }

    /// Makes a failure a problem of a part of the project, unless nothing more can be read after it.
    pub(crate) async fn settle(
        &mut self,
        what: &str,
        done: Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let place = format!("{}: {what}", self.scope);
        self.run.settle(place, done).await
    }
}
