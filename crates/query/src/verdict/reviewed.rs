//! Whether somebody else reviewed what an image was built from.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore, Row, Statement};
use serde::Serialize;

use super::{Answer, Image, Reading, Reason, Verdict, grouped, readings_found};
use crate::rows::for_keys;

/// Whether a commit was reviewed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Review {
    /// The commit; none if it is not known what the image was built from.
    pub commit: Option<String>,
    /// The merge request that brought it in; of several, the one that came nearest to a review.
    pub merge_request: Option<String>,
    /// Whether it was reviewed.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Review {
    /// The worst of several.
    pub(crate) fn worst(reviews: Vec<Self>) -> Self {
        // Of several equally bad ones the first.
        let reviews = reviews.into_iter().rev();
        let worst = reviews.max_by_key(|review| review.verdict.answer.badness());
        worst.unwrap_or_else(no_commit)
    }
}

fn no_commit() -> Review {
    let detail = "it is not known what commit the image was built from";
    Review {
        commit: None,
        merge_request: None,
        verdict: Verdict::new(Answer::Unknown, Reason::NoCommit, detail),
    }
}

/// Judged by the best evidence of what each image was built from; of several equally good ones, each
/// has to be reviewed. By the image's key; at least one each.
pub(crate) async fn reviews(
    store: &dyn GraphStore,
    images: &[Image],
) -> Result<BTreeMap<String, Vec<Review>>, GraphError> {
    let keys = images.iter().map(|image| image.key.as_str());
    let rows = for_keys(store, &cypher!("verdict-commits"), keys).await?;
    let mut commits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (image, rows) in grouped(rows, "image") {
        let best = rows.first().map(|row| row.get("confidence"));
        let best = rows
            .iter()
            .filter(|row| Some(row.get("confidence")) == best);
        let best = best.map(|row| row.text("commit").to_owned());
        commits.insert(image, best.collect());
    }
    let known = Known::of(store, commits.values().flatten().collect()).await?;
    let reviews = images.iter().map(|image| {
        let since = image.pushed_at.or(image.first_seen);
        let reviews = match commits.get(&image.key) {
            Some(commits) => commits.iter().map(|one| known.review(one, since)).collect(),
            None => vec![no_commit()],
        };
        (image.key.clone(), reviews)
    });
    Ok(reviews.collect())
}

/// What is known of commits.
struct Known {
    gitlabs: Vec<Reading>,
    /// Merged merge requests by commit.
    requests: BTreeMap<String, Vec<Row>>,
    /// Who reviewed, by request.
    reviewers: BTreeMap<String, Vec<String>>,
    /// Whose approvals stand, by request.
    approvers: BTreeMap<String, Vec<String>>,
    /// GitLabs by commit.
    instances: BTreeMap<String, BTreeSet<String>>,
}

impl Known {
    async fn of(store: &dyn GraphStore, commits: BTreeSet<&String>) -> Result<Self, GraphError> {
        let of_commits = async |statement: Statement| {
            let keys = commits.iter().map(|commit| commit.as_str());
            for_keys(store, &statement, keys).await
        };
        let requests = of_commits(cypher!("verdict-requests")).await?;
        let keys: BTreeSet<String> = requests
            .iter()
            .map(|row| row.text("request").to_owned())
            .collect();
        let of_commit = commits.iter().map(|commit| commit.as_str());
        Ok(Self {
            gitlabs: readings_found(store, cypher!("verdict-gitlabs")).await?,
            instances: instances_of(store, of_commit).await?,
            requests: grouped(requests, "commit"),
            reviewers: people(store, &cypher!("verdict-reviews"), &keys).await?,
            approvers: people(store, &cypher!("verdict-approvals"), &keys).await?,
        })
    }

    fn review(&self, commit: &str, since: Option<Timestamp>) -> Review {
        let none = "no merged merge request brought it in".to_owned();
        let mut nearest = (Reason::NoMergeRequest, none, None);
        for row in self.requests.get(commit).into_iter().flatten() {
            let request = row.text("request");
            let who = |people: &BTreeMap<String, Vec<String>>| {
                people.get(request).cloned().unwrap_or_default()
            };
            let reviewers = who(&self.reviewers);
            if !reviewers.is_empty() {
                let by = reviewers.join(", ");
                let detail = format!("commit {commit}: {request} was approved by {by}");
                let verdict = Verdict::new(Answer::Yes, Reason::Found, detail);
                return review(commit, Some(request), verdict);
            }
            let (reason, why) = not_reviewed(request, &who(&self.approvers), row.text("author"));
            // Of several requests, the one that came nearest is told.
            if nearness(reason) > nearness(nearest.0) {
                nearest = (reason, why, Some(request));
            }
        }
        let (reason, why, request) = nearest;
        let verdict = self.judged(commit, reason, &why, since);
        review(commit, request, verdict)
    }

    /// A commit that nobody reviewed, as far as is known.
    fn judged(&self, commit: &str, reason: Reason, why: &str, since: Option<Timestamp>) -> Verdict {
        let detail = |more: &str| format!("commit {commit}: {why}{more}");
        match last_having(&self.gitlabs, &self.instances, commit) {
            None if self.gitlabs.is_empty() => Verdict::new(
                Answer::Unknown,
                Reason::NotRead,
                detail(", but no GitLab was read completely"),
            ),
            None => Verdict::new(
                Answer::Unknown,
                Reason::CommitNotKnown,
                format!("commit {commit} is in no GitLab that was read completely"),
            ),
            Some(last) if since.is_some_and(|since| last.at >= since) => {
                Verdict::new(Answer::No, reason, detail(""))
            }
            Some(last) => {
                let when = format!(
                    ", but {} was read completely at {}, before the image was there",
                    last.scope, last.at
                );
                Verdict::new(Answer::Unknown, Reason::ReadBefore, detail(&when))
            }
        }
    }
}

/// The GitLabs that have a commit in a pipeline or a merge request, by commit.
pub(crate) async fn instances_of<'a>(
    store: &dyn GraphStore,
    commits: impl Iterator<Item = &'a str> + Clone,
) -> Result<BTreeMap<String, BTreeSet<String>>, GraphError> {
    let mut instances: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for statement in [
        cypher!("verdict-known-by-run"),
        cypher!("verdict-known-by-request"),
    ] {
        for row in for_keys(store, &statement, commits.clone()).await? {
            let of = instances.entry(row.text("commit").to_owned()).or_default();
            of.insert(row.text("instance").to_owned());
        }
    }
    Ok(instances)
}

/// The last reading of a GitLab that has a commit.
pub(crate) fn last_having<'a>(
    gitlabs: &'a [Reading],
    instances: &BTreeMap<String, BTreeSet<String>>,
    commit: &str,
) -> Option<&'a Reading> {
    let of_commit = instances.get(commit)?;
    let having = gitlabs
        .iter()
        .filter(|gitlab| of_commit.contains(&gitlab.scope));
    having.max_by_key(|gitlab| gitlab.at)
}

fn review(commit: &str, request: Option<&str>, verdict: Verdict) -> Review {
    Review {
        commit: Some(commit.to_owned()),
        merge_request: request.map(str::to_owned),
        verdict,
    }
}

async fn people(
    store: &dyn GraphStore,
    statement: &Statement,
    requests: &BTreeSet<String>,
) -> Result<BTreeMap<String, Vec<String>>, GraphError> {
    let keys = requests.iter().map(String::as_str);
    let rows = for_keys(store, statement, keys).await?;
    let mut people: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in &rows {
        let of = people.entry(row.text("request").to_owned()).or_default();
        of.push(row.text("username").to_owned());
    }
    Ok(people)
}

fn not_reviewed(request: &str, approvers: &[String], author: &str) -> (Reason, String) {
    if approvers.is_empty() {
        (Reason::NotApproved, format!("{request} was not approved"))
    } else if approvers.iter().all(|approver| approver == author) {
        let told = format!("{request} was approved only by its author");
        (Reason::OwnApproval, told)
    } else {
        let told = format!("the branch of {request} was pushed after the approval");
        (Reason::PushedAfter, told)
    }
}

/// How near to a review.
fn nearness(reason: Reason) -> u8 {
    match reason {
        Reason::PushedAfter => 3,
        Reason::OwnApproval => 2,
        Reason::NotApproved => 1,
        _ => 0,
    }
}
