//! The configuration file (TOML), what the environment adds, and what comes of both.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use polar_cluster::ClusterOptions;
use polar_gitlab::{ARTIFACT_FILES, GitLabOptions, What};
use polar_normalize::{AliasTable, Options};
use polar_registry::{GivenKey, Login, RegistryOptions};
use polar_source::{Secret, Url};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    cli::{Global, Interval, Listen},
    graph::GraphChoice,
    keys::{self, KeyConfig},
    polar::PolarConfig,
    tls::TlsFiles,
};

/// How often sources are read where nothing is said.
const EVERY: Interval = Interval(Duration::from_secs(300));

/// What can stand in the file. All of it may be left out.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// As `--graph`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) graph: Option<GraphChoice>,
    /// As `--full-every` of the agent: time between two passes over the whole graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) full_every: Option<Interval>,
    /// As `--every` of the agent: time between two passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<Interval>,
    /// As `--jitter` of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jitter: Option<f64>,
    /// As `--lease` of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lease: Option<Interval>,
    /// As `--listen` of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) listen: Option<Listen>,
    /// As `--hung-after` of the agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hung_after: Option<Interval>,
    /// As `--rules`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rules: Vec<PathBuf>,
    /// Names that are other names of the same repositories: mirrors and moved registries.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) aliases: BTreeMap<String, String>,
    /// Public keys to verify signatures with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) keys: Vec<KeyConfig>,
    /// A GitLab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) gitlab: Option<GitLabConfig>,
    /// Registries.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) registry: Vec<RegistryConfig>,
    /// Clusters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) kubernetes: Vec<ClusterConfig>,
    /// What Polar has in the graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) polar: Option<PolarConfig>,
}

/// `[gitlab]`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GitLabConfig {
    /// Its address; else `GITLAB_ENDPOINT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) endpoint: Option<String>,
    /// A file with the token; else `GITLAB_TOKEN`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_file: Option<PathBuf>,
    /// A file with a CA to trust besides the system's; else `PROXY_CA_CERT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// A file with a certificate to show (mutual TLS); goes with `client_key`. Else
    /// `GITLAB_CLIENT_CERT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_cert: Option<PathBuf>,
    /// A file with its key; else `GITLAB_CLIENT_KEY`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_key: Option<PathBuf>,
    /// Groups to read, with all below them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) groups: Vec<String>,
    /// Projects to read. Without groups and projects: all that the token sees.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) projects: Vec<String>,
    /// Files in job artifacts that may tell what was pushed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) artifact_files: Option<Vec<String>>,
    /// Time between two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<Interval>,
}

/// `[[registry]]`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistryConfig {
    /// Host with port.
    pub(crate) host: String,
    /// Host with port at which it answers, if not at its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
    /// Repositories to read; else all in its catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) repositories: Vec<String>,
    /// A user's name; goes with `password_file`. Else what DOCKER_CONFIG has for the host.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<String>,
    /// A file with the user's password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_file: Option<PathBuf>,
    /// A file with an access token of Microsoft Entra ID, for an ACR.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) entra_token_file: Option<PathBuf>,
    /// A file with a CA to trust besides the system's; else `PROXY_CA_CERT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ca_cert: Option<PathBuf>,
    /// A file with a certificate to show (mutual TLS); goes with `client_key`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_cert: Option<PathBuf>,
    /// A file with its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_key: Option<PathBuf>,
    /// Plain HTTP, which anybody on the way can read and change.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) plain_http: bool,
    /// Time between two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<Interval>,
}

/// `[[kubernetes]]`.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClusterConfig {
    /// The cluster's name in the graph; else its context's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// A kubeconfig file; else `KUBECONFIG`, `~/.kube/config`, or the pod's own service account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// A context in it; else its current one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) context: Option<String>,
    /// Namespaces to read; else all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) namespaces: Vec<String>,
    /// Time between two readings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) every: Option<Interval>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// A kind of source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Kind {
    /// GitLab.
    Gitlab,
    /// OCI registries.
    Registry,
    /// Kubernetes.
    Kubernetes,
}

/// A source that is ready to be read.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// GitLab.
    GitLab(GitLabOptions),
    /// A registry.
    Registry(RegistryOptions),
    /// A cluster.
    Kubernetes(ClusterOptions),
}

/// A source and how often it is read.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    /// For people, e.g. `registry acme.azurecr.io`.
    pub(crate) name: String,
    pub(crate) every: Duration,
    pub(crate) source: Source,
}

impl Config {
    /// The file of `--config`, or nothing.
    pub(crate) fn load(global: &Global) -> anyhow::Result<Self> {
        match &global.config {
            Some(path) => Self::read(path),
            None => Ok(Self::default()),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let named = || format!("configuration {}", path.display());
        let text = fs::read_to_string(path).with_context(named)?;
        let config: Self = toml::from_str(&text).with_context(named)?;
        if let Some(jitter) = config.jitter
            && !(0.0..=1.0).contains(&jitter)
        {
            bail!("{}: jitter {jitter} must be from 0 to 1", named());
        }
        config.options().with_context(named)?;
        let gitlab = config
            .gitlab
            .as_ref()
            .and_then(|gitlab| gitlab.endpoint.as_ref());
        let registries = config.registry.iter();
        let hosts =
            registries.flat_map(|registry| [Some(&registry.host), registry.address.as_ref()]);
        if hosts
            .chain([gitlab])
            .flatten()
            .any(|address| address.contains('@'))
        {
            bail!(
                "{}: an address must not hold a login; use `token_file`, or `user` and \
                 `password_file`",
                named()
            );
        }
        Ok(config)
    }

    /// How references are read.
    pub(crate) fn options(&self) -> anyhow::Result<Options> {
        let mut aliases = AliasTable::new();
        for (from, to) in &self.aliases {
            aliases
                .insert(from, to)
                .with_context(|| format!("alias \"{from}\" = \"{to}\""))?;
        }
        Ok(Options {
            aliases,
            ..Options::default()
        })
    }

    /// The sources of some kinds. Without the file's help, GitLab is what the environment says, and
    /// Kubernetes is the current context.
    pub(crate) fn sources(&self, kinds: &[Kind]) -> anyhow::Result<Vec<Planned>> {
        let mut planned = Vec::new();
        for kind in kinds {
            match kind {
                Kind::Gitlab => planned.push(self.gitlab.clone().unwrap_or_default().plan()?),
                Kind::Registry if self.registry.is_empty() => bail!(
                    "no registry is configured: give `--registry HOST`, or `[[registry]]` with \
                     `host = \"…\"` in the file of `--config`"
                ),
                Kind::Registry => {
                    let keys = keys::read(&self.keys)?;
                    for registry in &self.registry {
                        planned.push(registry.plan(&keys)?);
                    }
                }
                Kind::Kubernetes if self.kubernetes.is_empty() => {
                    planned.push(ClusterConfig::default().plan());
                }
                Kind::Kubernetes => {
                    planned.extend(self.kubernetes.iter().map(ClusterConfig::plan));
                }
            }
        }
        Ok(planned)
    }

    /// The sources that the file names, by kind and name, as far as it says what they are called in
    /// the graph.
    pub(crate) fn named(&self) -> Vec<(&'static str, String)> {
        let gitlab = self.gitlab.as_ref().and_then(|gitlab| {
            let address: Url = gitlab.endpoint.as_ref()?.parse().ok()?;
            let host = address.host_str()?;
            let port = address.port().map(|port| format!(":{port}"));
            Some(("gitlab", host.to_owned() + &port.unwrap_or_default()))
        });
        let registries = self.registry.iter();
        let registries = registries.map(|registry| ("registry", registry.host.clone()));
        let clusters = self.kubernetes.iter().filter_map(|cluster| {
            let name = cluster.name.as_ref().or(cluster.context.as_ref())?;
            Some(("kubernetes", name.clone()))
        });
        gitlab
            .into_iter()
            .chain(registries)
            .chain(clusters)
            .collect()
    }

    /// The kinds that the file speaks of.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        if self.gitlab.is_some() {
            kinds.push(Kind::Gitlab);
        }
        if !self.registry.is_empty() {
            kinds.push(Kind::Registry);
        }
        if !self.kubernetes.is_empty() {
            kinds.push(Kind::Kubernetes);
        }
        kinds
    }
}

impl GitLabConfig {
    pub(crate) fn plan(&self) -> anyhow::Result<Planned> {
        let endpoint = self
            .endpoint
            .clone()
            .or_else(|| variable("GITLAB_ENDPOINT"));
        let endpoint = endpoint.context(
            "no GitLab is configured: set GITLAB_ENDPOINT, or `endpoint` under `[gitlab]` in the \
             file of `--config`",
        )?;
        let endpoint: Url = endpoint
            .parse()
            .context("GitLab's address is none, as in https://gitlab.example.com")?;
        let token = match &self.token_file {
            Some(path) => secret(path)?,
            None => Secret::new(&Zeroizing::new(
                variable("GITLAB_TOKEN").unwrap_or_default(),
            )),
        };
        if token.is_empty() {
            bail!(
                "no token for GitLab: set GITLAB_TOKEN, or `token_file` under `[gitlab]`; it needs \
                 the scope `read_api`, and `read_registry` for tags"
            );
        }
        let what = match (self.groups.as_slice(), self.projects.as_slice()) {
            ([], []) => What::Everything,
            (groups, []) => What::Groups(groups.to_vec()),
            ([], projects) => What::Projects(projects.to_vec()),
            _ => bail!("give either `groups` or `projects` of GitLab, not both"),
        };
        let tls = TlsFiles {
            ca: self.ca_cert.clone(),
            shown: match (&self.client_cert, &self.client_key) {
                (None, None) => ["GITLAB_CLIENT_CERT", "GITLAB_CLIENT_KEY"]
                    .map(|name| variable(name).map(PathBuf::from)),
                (cert, key) => [cert.clone(), key.clone()],
            },
        };
        let http = tls
            .http(endpoint.scheme() == "http")
            .context("GitLab's TLS (`[gitlab]`, or GITLAB_CLIENT_CERT and GITLAB_CLIENT_KEY)")?;
        let files = || ARTIFACT_FILES.iter().map(|&file| file.to_owned()).collect();
        let name = format!("gitlab {}", endpoint.host_str().unwrap_or_default());
        Ok(Planned {
            name,
            every: self.every.unwrap_or(EVERY).0,
            source: Source::GitLab(GitLabOptions {
                endpoint,
                token,
                http,
                what,
                marks: BTreeMap::new(),
                artifact_files: self.artifact_files.clone().unwrap_or_else(files),
                registry_tags: true,
            }),
        })
    }
}

impl RegistryConfig {
    pub(crate) fn plan(&self, keys: &[GivenKey]) -> anyhow::Result<Planned> {
        let tls = TlsFiles {
            ca: self.ca_cert.clone(),
            shown: [self.client_cert.clone(), self.client_key.clone()],
        };
        let http = tls.http(self.plain_http);
        let http = http.with_context(|| format!("TLS with registry {}", self.host))?;
        Ok(Planned {
            name: format!("registry {}", self.host),
            every: self.every.unwrap_or(EVERY).0,
            source: Source::Registry(RegistryOptions {
                address: self.address.clone(),
                repositories: self.repositories.clone(),
                login: self.login()?,
                plain_http: self.plain_http,
                http,
                keys: keys.to_vec(),
                ..RegistryOptions::new(&self.host)
            }),
        })
    }

    fn login(&self) -> anyhow::Result<Login> {
        match (&self.user, &self.password_file, &self.entra_token_file) {
            (Some(user), Some(password), None) => Ok(Login::Password {
                user: user.clone(),
                password: secret(password)?,
            }),
            (None, None, Some(token)) => Ok(Login::EntraId(secret(token)?)),
            (None, None, None) => {
                let folder = variable("DOCKER_CONFIG").map(PathBuf::from);
                let home = || variable("HOME").map(|home| Path::new(&home).join(".docker"));
                match folder.or_else(home) {
                    Some(folder) => Ok(Login::from_docker_config(&folder, &self.host)?),
                    None => Ok(Login::Anonymous),
                }
            }
            _ => bail!(
                "registry {}: give `user` and `password_file`, or `entra_token_file`, or none of \
                 them",
                self.host
            ),
        }
    }
}

impl ClusterConfig {
    pub(crate) fn plan(&self) -> Planned {
        let name = self.name.as_ref().or(self.context.as_ref());
        let name = name.map_or_else(
            || "kubernetes".to_owned(),
            |name| format!("kubernetes {name}"),
        );
        Planned {
            name,
            every: self.every.unwrap_or(Interval(Duration::from_secs(60))).0,
            source: Source::Kubernetes(ClusterOptions {
                name: self.name.clone(),
                kubeconfig: self.kubeconfig.clone(),
                context: self.context.clone(),
                namespaces: self.namespaces.clone(),
                ..ClusterOptions::default()
            }),
        }
    }
}

fn secret(path: &Path) -> anyhow::Result<Secret> {
    let text = fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read the secret in {}", path.display()))?;
    let secret = Secret::new(&Zeroizing::new(text));
    if secret.is_empty() {
        bail!("{} is empty where a secret should be", path.display());
    }
    Ok(secret)
}

/// A variable of the environment; an empty one is none.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
