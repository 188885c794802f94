//! Arguments of the commands that answer questions.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::Timestamp;

/// What questions share.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Gated {
    /// Exit with 1 if the answer is negative, for use in a pipeline.
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// The answer as of an earlier time.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct At {
    /// Answer as of this time, e.g. 2026-10-05T13:00:00Z.
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<Timestamp>,
}

/// Arguments of `trace`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each hop is shown with the rule that drew it, what it rests on and how sure it is; a hop that is missing
in its place (?), with the reason. What else is possible follows the most likely; what is equally likely
is told as such. A workload is traced from each container that is there; a pod also when it is gone.
A tag means what it points to, a digest its bytes, under whatever name.

With --at, facts count by their own times: what ran then, what the tag pointed to then, pipelines,
commits and approvals up to then. What has no time counts as if it had always been so. Links count as
known now; `not known then` marks those that no pass had drawn by then. Verdicts are left out.

Exit code: 0 answered, 2 the graph has no such target, or several; with --exit-code 1 if a hop is missing
on the likeliest way: registry image, pipeline, job, commit or merge request.

Example:
  polar-provenance trace checkout-7d9c6b5f4d-x2k8p
  polar-provenance trace acme.azurecr.io/shop/checkout:1.4.0 --at 2026-10-10T00:00:00Z
  polar-provenance trace shop/payments --format dot | dot -Tsvg > payments.svg")]
pub(crate) struct Trace {
    /// A pod, a workload or an image.
    #[arg(value_name = "IMAGE|POD|WORKLOAD")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `who-built`.
#[derive(Debug, Args)]
#[command(after_help = "\
Pipelines, the most certain first, with the jobs that pushed the image, their runners and who started
them, what says so, and the commit.
Exit code: 0 answered, 2 the graph has no such target, or several; with --exit-code 1 if an image that
is likely meant has no known pipeline, or none is known.

Example:
  polar-provenance who-built acme.azurecr.io/shop/checkout:1.4.0")]
pub(crate) struct WhoBuilt {
    /// An image, or a pod or workload that runs it.
    #[arg(value_name = "IMAGE")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `commit`.
#[derive(Debug, Args)]
#[command(after_help = "\
Commits, the most certain first, with what says so and the merge requests that brought them in.
Exit code: 0 answered, 2 the graph has no such target, or several; with --exit-code 1 if an image that
is likely meant has no known commit, or none is known.

Example:
  polar-provenance commit acme.azurecr.io/shop/checkout:1.4.0
  polar-provenance commit prod-weu/shop/payments")]
pub(crate) struct CommitOf {
    /// An image, a pod or a workload.
    #[arg(value_name = "IMAGE|WORKLOAD")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `deployed`.
#[derive(Debug, Args)]
#[command(after_help = "\
Of a merge request, each commit that it brought in is looked for. An image that was built from a later
commit is not found: the graph does not tell which commits lead to which.
Exit code: 0 answered, 2 the graph has no such target, or several; with --exit-code 1 if it runs nowhere.

Example:
  polar-provenance deployed 8b8d353c
  polar-provenance deployed 'shop/checkout!412'")]
pub(crate) struct Deployed {
    /// A commit (at least seven digits) or a merge request (`project!iid`, or its address).
    #[arg(value_name = "COMMIT|MR")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `where`.
#[derive(Debug, Args)]
pub(crate) struct Where {
    /// An image; without tag and digest the whole repository.
    #[arg(value_name = "IMAGE")]
    pub(crate) target: String,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `retags`.
#[derive(Debug, Args)]
pub(crate) struct Retags {
    /// An image; without tag and digest the whole repository; without any, all tags that were moved.
    #[arg(value_name = "IMAGE")]
    pub(crate) target: Option<String>,
    #[command(flatten)]
    pub(crate) at: At,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `unverified`.
#[derive(Debug, Args)]
pub(crate) struct Unverified {
    /// Only whether they were scanned.
    #[arg(long)]
    pub(crate) scanned: bool,
    /// Only this namespace, or `cluster/namespace`.
    #[arg(long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `unreviewed`.
#[derive(Debug, Args)]
pub(crate) struct Unreviewed {
    /// Only this namespace, or `cluster/namespace`.
    #[arg(long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `orphans`.
#[derive(Debug, Args)]
pub(crate) struct Orphans {
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `findings`.
#[derive(Debug, Args)]
pub(crate) struct Findings {
    /// Only of these kinds, e.g. `unsigned`; can be repeated.
    #[arg(long)]
    pub(crate) kind: Vec<String>,
    /// Only those found since this time.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `status`.
#[derive(Debug, Args)]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// From this time on.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Timestamp,
    /// Up to this time; without it, now.
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `gate`.
#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// An image.
    #[arg(value_name = "IMAGE")]
    pub(crate) target: String,
    /// What is asked of it (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: PathBuf,
    /// Print the verdict as an in-toto statement with a SLSA verification summary.
    #[arg(long, conflicts_with = "format")]
    pub(crate) vsa: bool,
}

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Cypher is one statement that creates nodes and edges in an empty graph. GraphML has the label of a node
in `labels`, the type of an edge in `label`, and times as text.
Exit code: 0 printed, 2 the graph has no such target, or several.

Example:
  polar-provenance export cypher checkout-7d9c6b5f4d-x2k8p > checkout.cypher
  polar-provenance export graphml acme.azurecr.io/shop/checkout:1.4.0 > checkout.graphml")]
pub(crate) struct Export {
    /// As what.
    pub(crate) form: ExportForm,
    /// An image, a pod or a workload; all that its trace leads through is exported.
    #[arg(value_name = "IMAGE|POD|WORKLOAD")]
    pub(crate) target: String,
}

/// Forms of an exported graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportForm {
    /// Cypher statements that create it.
    Cypher,
    /// GraphML.
    Graphml,
}
