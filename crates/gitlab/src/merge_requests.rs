//! The merge requests of a project, with their approvals, commits and pushes.

use std::collections::HashSet;

use jiff::Timestamp;
use polar_model::{Approval, Observation};
use polar_source::SourceError;

use crate::{
    project::ProjectReading,
    wire::{Approvals, Commit, MergeRequest, Version},
};

/// By creation and not by update, the newest first: what is updated or opened while pages are read
/// moves the rest towards later pages, where it is met twice, but never past a page that was read.
const QUERY: [(&str, &str); 4] = [
    ("state", "all"),
    ("scope", "all"),
    ("order_by", "created_at"),
    ("sort", "desc"),
];

impl ProjectReading<'_, '_> {
    pub(crate) async fn merge_requests(&mut self) -> Result<(), SourceError> {
        let mut seen = HashSet::new();
        let mut pages = self.updated("merge requests", &["merge_requests"], &QUERY);
        while let Some(page) = self.run.page::<MergeRequest>(&mut pages).await? {
            for request in page {
                if seen.insert(request.iid) {
                    let what = format!("merge request {}", request.iid);
                    let done = self.merge_request(request).await;
                    self.settle(&what, done).await?;
                }
            }
        }
        Ok(())
    }

    async fn merge_request(&mut self, request: MergeRequest) -> Result<(), SourceError> {
        let iid = request.iid.to_string();
        // Without its approvals it is left out: one that is not named counts as taken back.
        let approvals = self.approvals(&iid).await?;
        // Nor without its pushes: an approval that came before the last of them would count.
        let pushed_at = self.pushed_at(&iid).await?;
        let mut commits = Vec::new();
        let problems = self.run.problems;
        let done = self.commits_of(&iid, &mut commits).await;
        let what = format!("commits of merge request {iid}");
        self.settle(&what, done).await?;
        if self.run.problems > problems {
            // Some of them are none: those that are named count as all.
            commits.clear();
        } else {
            for sha in [&request.merge_commit_sha, &request.squash_commit_sha] {
                commits.extend(sha.clone().filter(|sha| !commits.contains(sha)));
            }
        }
        let author = self.run.user(request.author).await?;
        // Before a merge, it is whoever asked for it to be merged in time.
        let is_merged = request.state.as_deref() == Some("merged");
        let merger = request.merge_user.or(request.merged_by);
        let merged_by = self.run.user(merger.filter(|_| is_merged)).await?;
        let observation = Observation::MergeRequest(polar_model::MergeRequest {
            instance: self.run.instance.clone(),
            project: self.path.clone(),
            iid: request.iid,
            title: request.title,
            state: request.state,
            target_branch: request.target_branch,
            author,
            merged_by,
            merged_at: request.merged_at,
            web_url: request.web_url,
            approvals,
            commits,
            merge_commit: request.merge_commit_sha,
            squash_commit: request.squash_commit_sha,
            pushed_at,
        });
        self.run.observe(observation).await
    }

    async fn approvals(&mut self, iid: &str) -> Result<Vec<Approval>, SourceError> {
        let url = self.url(&["merge_requests", iid, "approvals"], &[]);
        let found: Approvals = self.run.get(url).await?.json()?;
        let mut approvals = Vec::new();
        for approval in found.approved_by {
            // An account that was deleted has no user.
            if let Some(user) = self.run.user(approval.user).await? {
                let approved_at = approval.approved_at;
                approvals.push(Approval { user, approved_at });
            }
        }
        Ok(approvals)
    }

    /// When its branch was pushed last, by GitLab's clock: each push makes a version.
    async fn pushed_at(&mut self, iid: &str) -> Result<Option<Timestamp>, SourceError> {
        let what = format!("versions of merge request {iid}");
        let mut pages = self.pages(&what, &["merge_requests", iid, "versions"], &[]);
        let mut last = None;
        while let Some(page) = self.run.page::<Version>(&mut pages).await? {
            let newest = page.into_iter().map(|version| version.created_at).max();
            last = last.max(newest);
        }
        Ok(last)
    }

    async fn commits_of(&mut self, iid: &str, oids: &mut Vec<String>) -> Result<(), SourceError> {
        let what = format!("commits of merge request {iid}");
        let mut pages = self.pages(&what, &["merge_requests", iid, "commits"], &[]);
        while let Some(page) = self.run.page::<Commit>(&mut pages).await? {
            for commit in page {
                oids.push(commit.id.clone());
                self.commit(commit).await?;
            }
        }
        Ok(())
    }
}
