//! Whether somebody else reviewed what an image was built from.

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use polar_model::Value;

use super::{Answer, Image, Reading, Reason, Verdict, names, readings};

/// Judged by the best evidence of what the image was built from; of several equally good ones, each
/// has to be reviewed.
pub(super) async fn reviewed(store: &dyn GraphStore, image: &Image) -> Result<Verdict, GraphError> {
    let rows = store
        .read(cypher!("verdict-commits").with("key", image.key.as_str()))
        .await?;
    let Some(best) = rows.first().map(|row| row.get("confidence")) else {
        return Ok(no_commit());
    };
    let best = rows.iter().filter(|row| row.get("confidence") == best);
    let gitlabs = readings(store, cypher!("verdict-gitlabs")).await?;
    let since = image.pushed_at.or(image.first_seen);
    let mut worst: Option<Verdict> = None;
    for row in best {
        let verdict = of_commit(store, row.text("commit"), &gitlabs, since).await?;
        let rank = |verdict: &Verdict| match verdict.answer {
            Answer::No => 2,
            Answer::Unknown => 1,
            Answer::Yes => 0,
        };
        if worst
            .as_ref()
            .is_none_or(|worst| rank(&verdict) > rank(worst))
        {
            worst = Some(verdict);
        }
    }
    Ok(worst.unwrap_or_else(no_commit))
}

fn no_commit() -> Verdict {
    let detail = "it is not known what commit the image was built from";
    Verdict::new(Answer::Unknown, Reason::NoCommit, detail)
}

async fn of_commit(
    store: &dyn GraphStore,
    commit: &str,
    gitlabs: &[Reading],
    since: Option<Timestamp>,
) -> Result<Verdict, GraphError> {
    let requests = store
        .read(cypher!("verdict-requests").with("commit", commit))
        .await?;
    let mut why = (
        Reason::NoMergeRequest,
        "no merged merge request brought it in".to_owned(),
    );
    for row in &requests {
        let request = row.text("request");
        let of_request = |statement: polar_graph::Statement| statement.with("request", request);
        let reviewers = names(store, of_request(cypher!("verdict-reviews"))).await?;
        if !reviewers.is_empty() {
            let detail = format!(
                "commit {commit}: {request} was approved by {}",
                reviewers.join(", ")
            );
            return Ok(Verdict::new(Answer::Yes, Reason::Found, detail));
        }
        let approvers = names(store, of_request(cypher!("verdict-approvals"))).await?;
        let next = not_reviewed(request, &approvers, row.text("author"));
        // Of several requests, the one that came nearest is told.
        if nearness(next.0) > nearness(why.0) {
            why = next;
        }
    }
    let (reason, told) = why;
    let detail = |more: &str| format!("commit {commit}: {told}{more}");
    let mut knows = Vec::new();
    for gitlab in gitlabs {
        if has(store, gitlab, commit).await? {
            knows.push(gitlab);
        }
    }
    Ok(match knows.iter().max_by_key(|gitlab| gitlab.at) {
        None if gitlabs.is_empty() => Verdict::new(
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
    })
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

/// Whether a GitLab has a commit, in a pipeline or a merge request.
pub(crate) async fn has(
    store: &dyn GraphStore,
    gitlab: &Reading,
    commit: &str,
) -> Result<bool, GraphError> {
    for statement in [
        cypher!("verdict-known-by-run"),
        cypher!("verdict-known-by-request"),
    ] {
        let statement = statement
            .with("commit", commit)
            .with("prefix", Value::from(format!("{}/", gitlab.scope)));
        if !store.read(statement).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}
