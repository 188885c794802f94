//! `config check` and `config show`.

use std::process::ExitCode;

use polar_cluster::Cluster;
use polar_gitlab::GitLab;
use polar_registry::{Login, Registry};

use crate::{
    cli::{self, Global},
    config::{Config, Kind, Source},
    exit, graph, keys, print, rules,
};

pub(crate) async fn run(global: &Global, args: &cli::Config) -> anyhow::Result<ExitCode> {
    let config = Config::load(global)?;
    match args {
        cli::Config::Check => check(global, &config).await,
        cli::Config::Show => {
            print::text(&toml::to_string_pretty(&config)?)?;
            for line in effective(global, &config) {
                print::text(&format!("# {line}\n"))?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Tries everything that can be tried without reading a source.
async fn check(global: &Global, config: &Config) -> anyhow::Result<ExitCode> {
    let mut wrong = 0;
    let mut say = |what: &str, outcome: anyhow::Result<()>| match outcome {
        Ok(()) => println!("ok     {what}"),
        Err(error) => {
            wrong += 1;
            println!("wrong  {what}: {}", exit::one_line(&error));
        }
    };
    say("rules", rules::ordered(global).map(drop));
    if !config.keys.is_empty() {
        say("keys", keys::read(&config.keys).map(drop));
    }
    for kind in config.kinds() {
        // One by one, so that one that is wrong hides no other.
        for alone in alone(config, kind) {
            match alone.sources(&[kind]) {
                Err(error) => say(kind_name(kind), Err(error)),
                Ok(planned) => {
                    for planned in planned {
                        say(&planned.name, prepare(planned.source).await);
                    }
                }
            }
        }
    }
    Ok(if wrong > 0 {
        exit::NEGATIVE.into()
    } else {
        ExitCode::SUCCESS
    })
}

fn alone(config: &Config, kind: Kind) -> Vec<Config> {
    match kind {
        Kind::Gitlab => vec![config.clone()],
        Kind::Registry => {
            let each = config.registry.iter().map(|registry| Config {
                registry: vec![registry.clone()],
                ..Config::default()
            });
            each.collect()
        }
        Kind::Kubernetes => {
            let each = config.kubernetes.iter().map(|cluster| Config {
                kubernetes: vec![cluster.clone()],
                ..Config::default()
            });
            each.collect()
        }
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Gitlab => "gitlab",
        Kind::Registry => "registry",
        Kind::Kubernetes => "kubernetes",
    }
}

async fn prepare(source: Source) -> anyhow::Result<()> {
    match source {
        Source::GitLab(options) => GitLab::new(options).map(drop)?,
        Source::Registry(options) => Registry::new(options).map(drop)?,
        Source::Kubernetes(options) => Cluster::connect(options).await.map(drop)?,
    }
    Ok(())
}

/// What comes of the file and the environment together, secrets masked.
fn effective(global: &Global, config: &Config) -> Vec<String> {
    let mut lines = vec![format!("graph: {}", graph::choice(global, config))];
    match keys::read(&config.keys) {
        Ok(keys) => lines.extend(keys.iter().map(|given| {
            let key = &given.key;
            format!("key {}: {}", key.name(), key.fingerprint())
        })),
        Err(error) => lines.push(format!("keys: {}", exit::one_line(&error))),
    }
    for kind in config.kinds() {
        for alone in alone(config, kind) {
            let planned = match alone.sources(&[kind]) {
                Ok(planned) => planned,
                Err(error) => {
                    lines.push(format!("{}: {}", kind_name(kind), exit::one_line(&error)));
                    continue;
                }
            };
            for planned in planned {
                let every = planned.every;
                let with = match planned.source {
                    Source::GitLab(options) => {
                        format!("{}, token {}", options.endpoint, options.token)
                    }
                    Source::Registry(options) => match options.login {
                        Login::Anonymous => "without a login".to_owned(),
                        Login::Password { user, password } => {
                            format!("as {user}, password {password}")
                        }
                        Login::Identity(token) => format!("identity token {token}"),
                        Login::EntraId(token) => format!("token of Entra ID {token}"),
                    },
                    Source::Kubernetes(options) => match options.context {
                        Some(context) => format!("context {context}"),
                        None => "current context".to_owned(),
                    },
                };
                lines.push(format!("{}: every {every:?}, {with}", planned.name));
            }
        }
    }
    lines
}
