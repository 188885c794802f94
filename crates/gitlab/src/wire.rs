//! What is read of GitLab's answers (<https://docs.gitlab.com/api/api_resources/>). Other fields are
//! ignored; what GitLab may leave out or set to null is an `Option`.

use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Project {
    pub(crate) id: i64,
    pub(crate) path_with_namespace: String,
    pub(crate) web_url: Option<String>,
    pub(crate) default_branch: Option<String>,
}

/// What a project has switched on; only in the answer about a single project.
#[derive(Deserialize)]
pub(crate) struct Features {
    pub(crate) repository_access_level: Option<String>,
    pub(crate) builds_access_level: Option<String>,
    pub(crate) merge_requests_access_level: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) name: Option<String>,
}

/// As a list has it, and as it is asked for by id, with more fields.
#[derive(Deserialize)]
pub(crate) struct Pipeline {
    pub(crate) id: i64,
    pub(crate) sha: String,
    #[serde(rename = "ref")]
    pub(crate) ref_name: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) web_url: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) user: Option<User>,
}

#[derive(Deserialize)]
pub(crate) struct Job {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) stage: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) runner: Option<Runner>,
    pub(crate) user: Option<User>,
    pub(crate) started_at: Option<Timestamp>,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) artifacts_file: Option<ArtifactsFile>,
}

#[derive(Deserialize)]
pub(crate) struct Runner {
    pub(crate) description: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ArtifactsFile {
    pub(crate) filename: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Commit {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) author_name: Option<String>,
    pub(crate) committed_date: Option<Timestamp>,
    pub(crate) web_url: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct MergeRequest {
    pub(crate) iid: i64,
    pub(crate) title: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) target_branch: Option<String>,
    pub(crate) author: Option<User>,
    pub(crate) merge_user: Option<User>,
    /// The name of `merge_user` before GitLab 14.7.
    pub(crate) merged_by: Option<User>,
    pub(crate) merged_at: Option<Timestamp>,
    pub(crate) web_url: Option<String>,
    pub(crate) merge_commit_sha: Option<String>,
    pub(crate) squash_commit_sha: Option<String>,
}

/// A state that a merge request's branch was pushed to.
#[derive(Deserialize)]
pub(crate) struct Version {
    pub(crate) created_at: Timestamp,
}

#[derive(Deserialize)]
pub(crate) struct Approvals {
    pub(crate) approved_by: Vec<ApprovedBy>,
}

#[derive(Deserialize)]
pub(crate) struct ApprovedBy {
    pub(crate) user: Option<User>,
    pub(crate) approved_at: Option<Timestamp>,
}

#[derive(Deserialize)]
pub(crate) struct Release {
    pub(crate) tag_name: String,
    pub(crate) name: Option<String>,
    pub(crate) released_at: Option<Timestamp>,
    pub(crate) commit: Option<ReleaseCommit>,
}

#[derive(Deserialize)]
pub(crate) struct ReleaseCommit {
    pub(crate) id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) version: Option<String>,
    pub(crate) package_type: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) pipeline: Option<PackagePipeline>,
}

#[derive(Deserialize)]
pub(crate) struct PackagePipeline {
    pub(crate) id: i64,
}

#[derive(Deserialize)]
pub(crate) struct Repository {
    pub(crate) id: i64,
    /// `host[:port]/path`.
    pub(crate) location: String,
}

#[derive(Deserialize)]
pub(crate) struct TagName {
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct Tag {
    pub(crate) digest: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
}
