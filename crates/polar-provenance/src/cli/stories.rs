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
#[command(after_help = "\
Lists the containers that run the image, those that run the same bytes under another name, and those
that only name it, of which the cluster does not tell what they run (likely). With --at, the pods that
were there then, by what was reported of them.
Exit code: 0 answered; with --exit-code 1 if it is known to run nowhere, not even likely; 2 the graph
has no such image.

Example:
  polar-provenance where acme.azurecr.io/shop/checkout:1.4.0
  polar-provenance where acme.azurecr.io/shop/checkout --at 2026-10-20T00:00:00Z")]
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
#[command(after_help = "\
Tells each interval in which a tag pointed to a digest, who pushed it, which rule says so, and which
containers that name the tag still run what it pointed to earlier. With --at, the intervals up to then.
Exit code: 0 answered; with --exit-code 1 if a tag was moved to another digest; 2 the graph has no such
image.

Example:
  polar-provenance retags
  polar-provenance retags acme.azurecr.io/shop/checkout:1.4.0 --exit-code")]
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
#[command(after_help = "\
Lists each image of a workload that is not known to be signed, verified, attested and scanned, with the
reason. NO: what would tell was read completely; ?: it is not known. docs/review.md says what counts.
Exit code: 0 answered; with --exit-code 1 if any is listed, also one of which it is not known; 2 there
is no such namespace.

Example:
  polar-provenance unverified --namespace prod-weu/shop
  polar-provenance unverified --scanned --exit-code")]
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
#[command(after_help = "\
Lists each image that a workload runs and that was built from a commit that nobody else reviewed, with
the commit, its merge request and the reason; then those of which it is not known. docs/review.md says
what counts.
Exit code: 0 answered; with --exit-code 1 if an image was built from code that was not reviewed (those
of which it is not known do not count); 2 there is no such namespace.

Example:
  polar-provenance unreviewed --namespace shop --exit-code")]
pub(crate) struct Unreviewed {
    /// Only this namespace, or `cluster/namespace`.
    #[arg(long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `orphans`.
#[derive(Debug, Args)]
#[command(after_help = "\
Lists registry images that no pipeline's history has, workloads that run digests that their registries do
not have, and installed charts of which neither a source nor a registry nor a package is known. Images of
which it is not known whether a pipeline built them are counted.
Exit code: 0 answered; with --exit-code 1 if any is listed.

Example:
  polar-provenance orphans --format json")]
pub(crate) struct Orphans {
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `findings`.
#[derive(Debug, Args)]
#[command(after_help = "\
The highest severity comes first; how many there are of each kind stands at the end. Kinds are those of
the rules, with --rules those of your own, too (`rules list`).
Exit code: 0 answered, 1 with --exit-code if there is a finding, 2 there is no such kind.

Example:
  polar-provenance findings
  polar-provenance findings --kind unsigned --kind unverified --since 2026-11-01T00:00:00Z")]
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
#[command(after_help = "\
A source counts as never read completely if it is configured, or facts of it are in the graph, and no
reading of it, or of a part of it, has come to its end. A reading that has begun leaves no trace.
Exit code: 0 answered, 1 with --exit-code if no source or not every source was ever read completely,
or an index is missing (`schema apply` creates it). How old a reading is has no say.

Example:
  polar-provenance status
  polar-provenance status --exit-code --config agent.toml")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) gated: Gated,
}

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = "\
+ is new, - is gone, ~ points elsewhere. The graph keeps no trace of links and findings that were
removed; the answer says what it cannot tell.
Exit code: 0 answered, 1 with --exit-code if anything changed, 2 the times are in the wrong order.

Example:
  polar-provenance diff --since 2026-11-01T00:00:00Z
  polar-provenance diff --since 2026-11-01T00:00:00Z --until 2026-11-08T00:00:00Z --format json")]
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
#[command(after_help = "\
Each table of the policy is a requirement: met, not met, or unknown, which denies unless the table has
`unknown = \"allow\"`. Of a tag, the digest it points to now is judged; a digest given wins.
A small policy:

  [verified]
  [reviewed]
  [built_by]
  projects = [\"gitlab.example.com/shop/*\"]
  refs = [\"main\", \"v*\"]

--vsa prints an in-toto statement that is not signed; sign it before others go by it. It tells no SLSA
build level: a policy does not ask what the levels ask.
Exit code: 0 allowed, 1 denied, 2 the policy or the name is wrong, 3 the graph is out of reach.

Example:
  polar-provenance gate registry.example.com/shop/checkout:1.5.0 --policy policy.toml")]
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
    /// With --vsa: who verifies, as an address that those who go by it expect.
    #[arg(long, value_name = "URI", requires = "vsa", default_value = env!("CARGO_PKG_REPOSITORY"))]
    pub(crate) verifier: String,
    /// With --vsa: where the policy is found; without it, the file's name.
    #[arg(long, value_name = "URI", requires = "vsa")]
    pub(crate) policy_uri: Option<String>,
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
