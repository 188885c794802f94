//! Who built an image: pipelines and their jobs.

use futures_util::future::{try_join_all, try_join4};
use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row};
use serde::Serialize;

use super::{
    commit::{Commit, commit},
    missing::{Cause, Hop, Missing},
    moment::Moment,
};
use crate::{
    derivation::{Derivation, gathered, tied},
    rows::text,
};

/// A pipeline that resulted in an image.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Build {
    /// `instance/project/id`.
    pub pipeline: String,
    /// Project path.
    pub project: Option<String>,
    /// Pipeline id.
    pub id: Option<i64>,
    /// Branch or tag.
    pub ref_name: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// What started it, e.g. `push`.
    pub source: Option<String>,
    /// Page.
    pub web_url: Option<String>,
    /// Who started it.
    pub triggered_by: Option<String>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it is believed to have resulted in the image, the best reason first.
    pub because: Vec<Derivation>,
    /// Whether others are as likely, and none is likelier.
    pub equally_likely: bool,
    /// Jobs of it that pushed the image.
    pub jobs: Vec<Job>,
    /// The commit it ran on.
    pub commit: Option<Commit>,
    /// Hops that are missing here.
    pub missing: Vec<Missing>,
}

/// A job that pushed an image, or is attested to have built it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// `instance/project/id`.
    pub key: String,
    /// Job id.
    pub id: Option<i64>,
    /// Name.
    pub name: Option<String>,
    /// Stage.
    pub stage: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Runner.
    pub runner: Option<String>,
    /// Who started it.
    pub started_by: Option<String>,
    /// When it started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// What it pushed, as it reported it, or the attestation that names it.
    pub evidence: Vec<String>,
}

/// The pipelines of an image, the most certain first.
pub(crate) async fn builds(
    store: &dyn GraphStore,
    image: &str,
    moment: Moment,
) -> Result<Vec<Build>, GraphError> {
    let mut rows = store
        .read(cypher!("trace-builds").with("key", image))
        .await?;
    rows.retain(|row| moment.is_since(row.time("created_at")));
    let runs = gathered(&rows, moment.0);
    let best = tied(&runs);
    let builds = runs.iter().map(|(row, _)| build(store, row, image, moment));
    let mut builds = try_join_all(builds).await?;
    for (place, (found, (_, because))) in builds.iter_mut().zip(&runs).enumerate() {
        found.because.clone_from(because);
        found.equally_likely = best > 1 && place < best;
    }
    Ok(builds)
}

async fn build(
    store: &dyn GraphStore,
    row: &Row,
    image: &str,
    moment: Moment,
) -> Result<Build, GraphError> {
    let run = row.text("key");
    let mut missing = Vec::new();
    let commits = async {
        let rows = store.read(cypher!("trace-run-commit").with("key", run));
        match rows.await?.first() {
            Some(row) => commit(store, row.text("key"), moment).await.map(Some),
            None => Ok(None),
        }
    };
    let (jobs, commit, project, triggered_by) = try_join4(
        jobs(store, run, image),
        commits,
        first(store, cypher!("trace-run-project").with("key", run), "path"),
        first(
            store,
            cypher!("trace-run-user").with("key", run),
            "username",
        ),
    )
    .await?;
    if jobs.is_empty() {
        let detail =
            "no job is known to have pushed it: none reported it, and no attestation names one";
        missing.push(Missing::new(Hop::Job, Cause::NotTold, detail));
    }
    if commit.is_none() {
        let detail = "its commit is not known: the pipeline itself was not read";
        missing.push(Missing::new(Hop::Commit, Cause::NotRead, detail));
    }
    Ok(Build {
        pipeline: run.to_owned(),
        project,
        id: row.get("id").as_int(),
        ref_name: text(row, "ref"),
        status: text(row, "status"),
        source: text(row, "source"),
        web_url: text(row, "web_url"),
        triggered_by,
        created_at: row.time("created_at"),
        finished_at: row.time("finished_at"),
        because: Vec::new(),
        equally_likely: false,
        jobs,
        commit,
        missing,
    })
}

async fn first(
    store: &dyn GraphStore,
    statement: polar_graph::Statement,
    column: &str,
) -> Result<Option<String>, GraphError> {
    let rows = store.read(statement).await?;
    Ok(rows.first().and_then(|row| text(row, column)))
}

/// Those that pushed the image; if none did, those that pushed its bytes under another name.
async fn jobs(store: &dyn GraphStore, run: &str, image: &str) -> Result<Vec<Job>, GraphError> {
    let mut jobs: Vec<Job> = Vec::new();
    for (statement, instead) in [
        (cypher!("trace-jobs-pushed"), false),
        (cypher!("trace-jobs-attested"), false),
        (cypher!("trace-jobs-copied"), true),
    ] {
        if instead && !jobs.is_empty() {
            continue;
        }
        let statement = statement.with("run", run).with("image", image);
        for row in store.read(statement).await? {
            let evidence = row.text("evidence").to_owned();
            match jobs.iter_mut().find(|job| job.key == row.text("key")) {
                Some(job) if job.evidence.contains(&evidence) => {}
                Some(job) => job.evidence.push(evidence),
                None => jobs.push(job(store, &row, evidence).await?),
            }
        }
    }
    jobs.sort_by(|a, b| (a.id, &a.key).cmp(&(b.id, &b.key)));
    Ok(jobs)
}

async fn job(store: &dyn GraphStore, row: &Row, evidence: String) -> Result<Job, GraphError> {
    let key = row.text("key");
    let users = cypher!("trace-job-user").with("key", key);
    Ok(Job {
        key: key.to_owned(),
        id: row.get("id").as_int(),
        name: text(row, "name"),
        stage: text(row, "stage"),
        status: text(row, "status"),
        runner: text(row, "runner"),
        started_by: first(store, users, "username").await?,
        started_at: row.time("started_at"),
        finished_at: row.time("finished_at"),
        evidence: vec![evidence],
    })
}
