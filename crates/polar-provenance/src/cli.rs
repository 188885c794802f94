//! Arguments.

mod groups;
mod stories;

use std::{net::SocketAddr, path::PathBuf, str::FromStr, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use groups::grouped;
pub(crate) use stories::*;

use crate::{config::Kind, graph::GraphChoice};

const AFTER: &str = "\
Graph:
  Without --graph: Neo4j if GRAPH_ENDPOINT is set, else the embedded graph in your data directory.
  Neo4j is reached as GRAPH_ENDPOINT, GRAPH_USER, GRAPH_PASSWORD and GRAPH_DB say. GRAPH_CA_CERT
  alone is the server's CA; GRAPH_CLIENT_CERT, GRAPH_CLIENT_KEY and GRAPH_CA_CERT are mutual TLS.
  One that is silent for GRAPH_TIMEOUT (30s) and does not answer a question is given up.

Exit codes:
  0  done            1  a negative answer (bad lines, refused rules, differences)
  2  usage           3  a source or the graph is out of reach or refuses
  130  interrupted

Begin with:
  polar-provenance demo";

/// Where did this running container image come from?
///
/// Joins what GitLab, OCI registries and Kubernetes know about images in one graph, and answers
/// from it: which tag, registry image, pipeline, commit and review a running image came from.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What all commands share.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// The graph: `embedded`, `embedded:PATH` or `neo4j`.
    #[arg(long, global = true, env = "PROVENANCE_GRAPH")]
    pub(crate) graph: Option<GraphChoice>,
    /// How to print: tables for people, or JSON. Each command has its default; commands that answer
    /// questions print one JSON document, others one object a line.
    #[arg(long, global = true)]
    pub(crate) format: Option<Format>,
    /// A configuration file (TOML); see `config`.
    #[arg(long, global = true, env = "PROVENANCE_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A folder with rule files (*.cypher) of your own; one named like a built-in rule replaces it.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) rules: Vec<PathBuf>,
    /// How to log, to stderr: lines for people, or one JSON object a line.
    #[arg(
        long,
        global = true,
        env = "PROVENANCE_LOG_FORMAT",
        value_name = "FORMAT",
        default_value = "text",
        hide_default_value = true
    )]
    pub(crate) log_format: LogFormat,
}

/// How to log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Table,
    /// For programs: one document, or one object a line.
    Json,
    /// A drawing for Graphviz (`trace`).
    Dot,
    /// A drawing for Mermaid (`trace`).
    Mermaid,
}

impl Format {
    /// Whether it is a drawing, which only some commands can print.
    pub(crate) fn is_drawing(self) -> bool {
        matches!(self, Self::Dot | Self::Mermaid)
    }
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trace a running image of an invented company back to its commit, in a graph of its own.
    Demo(Demo),
    /// Say where a running image came from: tag, registry image, pipeline, commit, review, people.
    Trace(Trace),
    /// Say who built an image: job, pipeline, project, user, runner, commit.
    WhoBuilt(WhoBuilt),
    /// Say what commit an image, or what a workload runs, was built from.
    #[command(name = "commit")]
    CommitOf(CommitOf),
    /// Say where a commit or a merge request runs.
    Deployed(Deployed),
    /// Say where an image runs, also under other names.
    #[command(name = "where")]
    Where(Where),
    /// Say what tags pointed to and when, and who still runs the old.
    Retags(Retags),
    /// List what runs and is not known to be signed, verified or scanned.
    Unverified(Unverified),
    /// List what runs and was built from code that nobody else reviewed.
    Unreviewed(Unreviewed),
    /// List images without a build, workloads of unknown digests, charts without source.
    Orphans(Orphans),
    /// List what the rules found.
    Findings(Findings),
    /// Say how complete and how old the graph is.
    Status(Status),
    /// Say what changed in the provenance between two times.
    Diff(Diff),
    /// Judge an image by a policy: signed, verified, scanned, reviewed, built by whom.
    Gate(Gate),
    /// Print what a trace leads through as a graph.
    Export(Export),
    /// Say why a node or an image reference is linked as it is, and what is missing.
    Explain(Explain),
    /// Take observations (JSON Lines) into the graph.
    Ingest(Ingest),
    /// Run one pass: derive links and findings, remove those that no longer hold.
    Reconcile(Reconcile),
    /// Run passes on a cadence, and read sources, until SIGTERM or SIGINT.
    Agent(Agent),
    /// Read a source, and print what it holds as observations (JSON Lines).
    #[command(subcommand)]
    Observe(Observe),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(Config),
    /// List, show and check the rules.
    #[command(subcommand)]
    Rules(Rules),
    /// Create or show the graph's indexes and constraints.
    #[command(subcommand)]
    Schema(Schema),
    /// Print the canonical forms of image references.
    Normalize(Normalize),
    /// Print completions for a shell.
    Completions(Completions),
    /// Print the manual page, or write those of all commands to a folder.
    Man(Man),
}

/// Arguments of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
The first run creates the demo's graph in your data directory (--graph puts it elsewhere) and
shows what it wrote. A second run takes the same facts in again and shows that nothing was written.

Example:
  polar-provenance demo
  polar-provenance demo catalog-5c8f7d9b6-q7m2v --fresh")]
pub(crate) struct Demo {
    /// The pod to trace.
    #[arg(default_value = crate::commands::demo::POD)]
    pub(crate) pod: String,
    /// Begin with an empty graph (the demo's own file only).
    #[arg(long, conflicts_with = "graph")]
    pub(crate) fresh: bool,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints each rule around the target: what it derived, on which evidence and how sure it is; and where it
derived nothing, the hop or the part of its condition that is missing, what comes nearest to it, and why
that did not match. docs/explain.md says how to read it. Nothing is written.
Exit code: 0 explained, 2 the graph has no such target, or several.

Example:
  polar-provenance explain prod-weu/shop/checkout-7d9c6b5f4d-x2k8p
  polar-provenance explain acme.azurecr.io/shop/checkout:1.4.0
  polar-provenance explain KubeDeployment:prod-weu/shop/Deployment/checkout --cypher")]
pub(crate) struct Explain {
    /// A node, as `Label:key` or by its key; a pod, by its name or as `cluster/namespace/name`; or an
    /// image reference as written.
    #[arg(value_name = "NODE|REF")]
    pub(crate) target: String,
    /// Print the queries that answer it, ready for Neo4j Browser, instead of the answer.
    #[arg(long, conflicts_with = "format")]
    pub(crate) cypher: bool,
}

/// Arguments of `ingest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Each line is one fact, as docs/observations.md describes. A bad line is reported with its file, line
and reason, and left out; the rest is taken in. Facts that the graph already holds write nothing.
Exit code: 0 all taken in, 1 some lines were bad, 3 a file or the graph is out of reach.

Example:
  polar-provenance ingest facts.jsonl
  zcat facts.jsonl.gz | polar-provenance ingest -")]
pub(crate) struct Ingest {
    /// Files of JSON Lines; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// Arguments of `reconcile`.
#[derive(Debug, Args)]
#[command(after_help = "\
Matched is what a rule holds after the pass. A pass over a graph in line with its rules writes
nothing. Interrupted, it ends after the batch in hand; the next pass goes on. Where Polar has written
to the graph, what it holds is taken in first (docs/dialects.md).

Example:
  polar-provenance reconcile --dry-run")]
pub(crate) struct Reconcile {
    /// Print what would be created (+) and removed (-), and write nothing.
    ///
    /// Rules build on what earlier rules derived: what follows only from links that are not there
    /// yet is not listed. Nor is what Polar holds taken in.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// With --dry-run: exit with 1 if there is a difference.
    #[arg(long, requires = "dry_run")]
    pub(crate) exit_code: bool,
}

/// Arguments of `agent`.
#[derive(Debug, Args)]
#[command(after_help = "\
A failed pass or reading is logged with its cause; the next tick is the retry. SIGTERM or SIGINT ends
the agent after the batch in hand, at the latest after 10 s; a second one ends it at once. All state
is in the graph: a killed agent loses nothing.

Each source is read on a cadence of its own (`every` in the configuration; 5m, and 1m for
Kubernetes). What could not be read makes nothing look gone: it is logged, and read again.

Of several agents on one graph, one reads and writes; the others stand by. It holds a lease in the
graph, which it renews each third of --lease, also when it writes nothing else. Stopped, it gives the
lease back; killed, it is replaced once the lease has expired by the graph's clock. Who has lost the
lease cannot write: all that it tries is refused as a whole.

Example:
  PROVENANCE_INTERVAL=5m polar-provenance agent --graph neo4j
  polar-provenance agent --observe gitlab,registry,kubernetes --registry acme.azurecr.io")]
pub(crate) struct Agent {
    /// Sources to read: gitlab, registry, kubernetes; without it, those in the configuration.
    #[arg(long, value_delimiter = ',', value_name = "SOURCES")]
    pub(crate) observe: Vec<Kind>,
    /// A registry to read, besides those in the configuration; can be repeated.
    #[arg(long, value_name = "HOST")]
    pub(crate) registry: Vec<String>,
    /// Time between two passes, e.g. `30s` or `5m`; a bare number is seconds [default: 30s].
    #[arg(long, env = "PROVENANCE_INTERVAL")]
    pub(crate) every: Option<Interval>,
    /// Time between two passes over the whole graph; those in between look at what changed
    /// [default: 1h].
    #[arg(long)]
    pub(crate) full_every: Option<Interval>,
    /// How much of a cadence is added or taken off at random, so that replicas drift apart; 0 to 1
    /// [default: 0.1].
    #[arg(long, value_parser = share)]
    pub(crate) jitter: Option<f64>,
    /// How long another replica waits for one that has gone silent before it writes in its place
    /// [default: 30s].
    #[arg(long, value_name = "TIME")]
    pub(crate) lease: Option<Interval>,
    /// Answer /healthz, /readyz and /metrics over HTTP there, e.g. `0.0.0.0:9464`; docs/operation.md
    /// says who should be able to ask.
    #[arg(long, env = "PROVENANCE_LISTEN", value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<Listen>,
    /// How long a loop of the agent may be silent before /healthz takes it for hung [default: 20m].
    #[arg(long, value_name = "TIME")]
    pub(crate) hung_after: Option<Interval>,
}

/// `observe …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Exit code: 0 all was read, 1 something was left out (it is told on stderr), 3 the source is out of
reach. What is printed can be taken in with `ingest`.")]
pub(crate) enum Observe {
    /// Projects, pipelines, jobs, merge requests, images, releases and packages of a GitLab.
    Gitlab(ObserveGitLab),
    /// Repositories, tags, manifests and what is attached to them in OCI registries.
    Registry(ObserveRegistry),
    /// Workloads, pods and Helm releases of a cluster.
    Kubernetes(ObserveKubernetes),
    /// What Polar's observers have in the chosen graph; nothing is written.
    #[command(after_help = POLAR)]
    Polar,
}

const POLAR: &str = "\
A pass takes all of it in by itself; this shows what that is. What the agent's own observers have read
completely is left to them. `[polar]` in the configuration names GitLabs and clusters.

Example:
  polar-provenance observe polar --graph neo4j";

/// Arguments of `observe gitlab`.
#[derive(Debug, Args)]
#[command(after_help = "\
GITLAB_ENDPOINT and GITLAB_TOKEN say where and as whom (scopes read_api and read_registry), as does
`[gitlab]` in the configuration. PROXY_CA_CERT is a CA to trust besides the system's.

Example:
  GITLAB_ENDPOINT=https://gitlab.example.com polar-provenance observe gitlab --group shop > facts.jsonl")]
pub(crate) struct ObserveGitLab {
    /// A group to read, with all below it; can be repeated. Without groups and projects: everything
    /// that the token sees.
    #[arg(long, conflicts_with = "project")]
    pub(crate) group: Vec<String>,
    /// A project to read, as `group/project`; can be repeated.
    #[arg(long)]
    pub(crate) project: Vec<String>,
}

/// Arguments of `observe registry`.
#[derive(Debug, Args)]
#[command(after_help = "\
The login is what DOCKER_CONFIG (else ~/.docker) has for the host, credential helpers included.
PROXY_CA_CERT is a CA to trust besides the system's.

Example:
  az acr login --name acme && polar-provenance observe registry acme.azurecr.io > facts.jsonl")]
pub(crate) struct ObserveRegistry {
    /// Hosts with port; without any, those in the configuration.
    #[arg(value_name = "HOST")]
    pub(crate) hosts: Vec<String>,
    /// A repository to read; can be repeated. Without any: all in the registry's catalogue.
    #[arg(long)]
    pub(crate) repository: Vec<String>,
    /// A public key (PEM) to verify signatures with, besides those in the configuration; can be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// Speak plain HTTP, which anybody on the way can read and change.
    #[arg(long)]
    pub(crate) plain_http: bool,
}

/// Arguments of `observe kubernetes`.
#[derive(Debug, Args)]
#[command(after_help = "\
Without arguments: the clusters in the configuration, else the current context of KUBECONFIG (else
~/.kube/config), else the cluster that it runs in. It needs `list` on pods, deployments,
statefulsets, daemonsets, replicasets, jobs and cronjobs, and on secrets for Helm releases.

Example:
  polar-provenance observe kubernetes --context prod-weu --namespace shop > facts.jsonl")]
pub(crate) struct ObserveKubernetes {
    /// The cluster's name in the graph; without it, its context's.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A kubeconfig file.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A context in it.
    #[arg(long)]
    pub(crate) context: Option<String>,
    /// A namespace to read; can be repeated. Without any: all.
    #[arg(long)]
    pub(crate) namespace: Vec<String>,
}

/// `config …`.
#[derive(Debug, Subcommand)]
#[command(after_help = "\
The file is the one of --config or PROVENANCE_CONFIG; docs/configuration.md says what can stand in it.")]
pub(crate) enum Config {
    /// Try the settings without reading a source: certificates, secrets, contexts, rules.
    ///
    /// Exit code: 1 if something is wrong, 2 if the file cannot be read.
    Check,
    /// Print the settings, and what comes of them and the environment; secrets are masked.
    Show,
}

/// `rules …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// List the rules in the order they run.
    List,
    /// Print a rule and the statements that follow from it.
    Show {
        /// The rule's name.
        name: String,
    },
    /// Show what rules have left behind that are no rules any more, and remove it with --apply.
    ///
    /// Only links and findings that a pass derived are meant; what somebody else drew stays.
    Prune {
        /// Remove it.
        #[arg(long)]
        apply: bool,
    },
    /// Parse rules and have an embedded graph, and Neo4j where it is the graph chosen, plan their
    /// statements; nothing is run.
    ///
    /// All problems of all files are told, each with file, line and a hint (docs/rules.md). Also asked
    /// is whether the rules fit together, and whether the graph has the indexes that they need.
    /// Exit code: 1 if a rule is refused.
    Check {
        /// Rule files to check as if they were among the rules; without any, all rules.
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

/// `schema …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Schema {
    /// Create the indexes and constraints that the graph lacks.
    Apply,
    /// Show which indexes and constraints are needed and which are there.
    Show,
}

/// Arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  polar-provenance completions bash > ~/.local/share/bash-completion/completions/polar-provenance")]
pub(crate) struct Completions {
    /// The shell.
    pub(crate) shell: clap_complete::Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  polar-provenance man | man -l -
  polar-provenance man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// A folder, which is made if it is not there; a page is written for each command.
    pub(crate) dir: Option<PathBuf>,
}

/// Arguments of `normalize`.
#[derive(Debug, Args)]
#[command(after_help = "\
Prints one JSON object a line, in input order:
  {\"input\",\"tag_form\",\"digest_form\",\"uuid\",\"error\"}
null where absent; uuid is that of the digest form if there is one, else of the tag form; error is a
code such as unexpanded-variable. With --format table, errors are explained. The exit code is 0.

Example:
  polar-provenance normalize nginx registry.example.com:443/app:V1
  kubectl get pods -A -o jsonpath='{range ..image}{@}{\"\\x00\"}{end}' | polar-provenance normalize -0")]
pub(crate) struct Normalize {
    /// References as written.
    #[arg(required_unless_present = "null", value_name = "REF")]
    pub(crate) references: Vec<String>,
    /// Read NUL-separated references from standard input.
    #[arg(short = '0', long, conflicts_with = "references")]
    pub(crate) null: bool,
    /// Refuse names without a registry instead of taking Docker Hub for it.
    #[arg(long)]
    pub(crate) reject_short_names: bool,
    /// Read names at FROM as names at TO, e.g. k8s.gcr.io=registry.k8s.io; can be repeated.
    #[arg(long, value_name = "FROM=TO")]
    pub(crate) alias: Vec<String>,
}

/// A positive length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Interval(pub(crate) Duration);

impl FromStr for Interval {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = text.parse().ok().map(Duration::from_secs);
        let parsed = seconds.or_else(|| {
            let friendly: jiff::SignedDuration = text.parse().ok()?;
            Duration::try_from(friendly).ok()
        });
        match parsed {
            Some(interval) if interval >= Duration::from_millis(100) => Ok(Self(interval)),
            Some(_) => Err("it must be at least 100ms".to_owned()),
            None => Err("give a length of time such as 30s, 5m or 1h".to_owned()),
        }
    }
}

impl TryFrom<String> for Interval {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        let text = jiff::SignedDuration::try_from(interval.0);
        text.map_or_else(
            |_| interval.0.as_secs().to_string(),
            |text| format!("{text:#}"),
        )
    }
}

/// Where to listen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Listen(pub(crate) SocketAddr);

impl FromStr for Listen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = |_| {
            format!(
                "`{text}` is no address with a port, as in 127.0.0.1:9464, 0.0.0.0:9464 or [::]:9464"
            )
        };
        text.parse().map(Self).map_err(wrong)
    }
}

impl TryFrom<String> for Listen {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.0.to_string()
    }
}

fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("give a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn intervals() {
        let parse = |text: &str| Interval::from_str(text).map(|interval| interval.0.as_millis());
        assert_eq!(parse("30s"), Ok(30_000));
        assert_eq!(parse("30"), Ok(30_000));
        assert_eq!(parse("1h30m"), Ok(5_400_000));
        assert_eq!(parse("250ms"), Ok(250));
        for wrong in ["", "0", "0s", "-5s", "soon", "1e99h"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
