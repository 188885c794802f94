//! `observe`.

use std::{
    io::{BufWriter, Write},
    process::ExitCode,
};

use anyhow::bail;
use polar_model::to_line;
use polar_source::Seen;

use crate::{
    cli::{Global, Observe, ObserveGitLab, ObserveKubernetes, ObserveRegistry},
    config::{ClusterConfig, Config, GitLabConfig, Planned, RegistryConfig},
    exit, graph,
    keys::{self, KeyConfig},
    polar::Adopter,
    progress::Progress,
    sources,
};

pub(crate) async fn run(global: &Global, args: &Observe) -> anyhow::Result<ExitCode> {
    let config = Config::load(global)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let planned = match args {
        Observe::Polar => {
            let store = graph::open(&graph::choice(global, &config)).await?;
            let complete = Adopter::new(&config)?
                .observe(store.as_ref(), &mut out)
                .await?;
            out.flush()?;
            return Ok(code(complete));
        }
        Observe::Gitlab(args) => vec![gitlab(config, args).plan()?],
        Observe::Registry(args) => registries(config, args)?,
        Observe::Kubernetes(args) => clusters(config, args),
    };
    let mut incomplete = false;
    for planned in planned {
        incomplete |= !one(planned, &mut out).await?;
    }
    out.flush()?;
    Ok(code(!incomplete))
}

fn code(complete: bool) -> ExitCode {
    if complete {
        ExitCode::SUCCESS
    } else {
        exit::NEGATIVE.into()
    }
}

/// Reads one source to `out`; returns whether all of it was read.
async fn one(planned: Planned, out: &mut impl Write) -> anyhow::Result<bool> {
    let Planned { name, source, .. } = planned;
    let mut progress = Progress::start();
    let mut count = 0;
    let outcome = sources::observe(source, async |seen| {
        match seen {
            Seen::Observation(observation) => {
                writeln!(out, "{}", to_line(&observation)?)?;
                count += 1;
                progress.set(&format!("{name}: observations"), count);
            }
            Seen::Problem(problem) => progress.note(&format!("{name}: left out: {problem}")),
        }
        Ok::<(), anyhow::Error>(())
    })
    .await;
    out.flush()?;
    progress.finish();
    let outcome = outcome?;
    if !outcome.complete {
        eprintln!("{name}: not read completely: {} problems", outcome.problems);
    }
    Ok(outcome.complete)
}

fn gitlab(config: Config, args: &ObserveGitLab) -> GitLabConfig {
    let mut gitlab = config.gitlab.unwrap_or_default();
    if !args.group.is_empty() || !args.project.is_empty() {
        gitlab.groups.clone_from(&args.group);
        gitlab.projects.clone_from(&args.project);
    }
    gitlab
}

fn registries(mut config: Config, args: &ObserveRegistry) -> anyhow::Result<Vec<Planned>> {
    let given = args.key.iter().map(|file| KeyConfig::from_file(file));
    config.keys.extend(given);
    if args.hosts.is_empty() {
        return config.sources(&[crate::config::Kind::Registry]);
    }
    if args.hosts.len() > 1 && !args.repository.is_empty() {
        bail!("--repository goes with one registry");
    }
    let keys = keys::read(&config.keys)?;
    let planned = args.hosts.iter().map(|host| {
        let known = config.registry.iter().find(|known| known.host == *host);
        let mut registry = known.cloned().unwrap_or_else(|| RegistryConfig {
            host: host.clone(),
            ..RegistryConfig::default()
        });
        registry.plain_http |= args.plain_http;
        if !args.repository.is_empty() {
            registry.repositories.clone_from(&args.repository);
        }
        registry.plan(&keys)
    });
    planned.collect()
}

fn clusters(config: Config, args: &ObserveKubernetes) -> Vec<Planned> {
    let is_given = args.context.is_some() || args.kubeconfig.is_some() || args.name.is_some();
    let known = config
        .kubernetes
        .into_iter()
        .filter(|known| !is_given || (args.name.is_some() && known.name == args.name));
    let mut clusters: Vec<ClusterConfig> = known.collect();
    if clusters.is_empty() {
        clusters.push(ClusterConfig::default());
    }
    for cluster in &mut clusters {
        let set = |field: &mut Option<_>, given: &Option<_>| {
            if given.is_some() {
                field.clone_from(given);
            }
        };
        set(&mut cluster.name, &args.name);
        set(&mut cluster.context, &args.context);
        if args.kubeconfig.is_some() {
            cluster.kubeconfig.clone_from(&args.kubeconfig);
        }
        if !args.namespace.is_empty() {
            cluster.namespaces.clone_from(&args.namespace);
        }
    }
    clusters.iter().map(ClusterConfig::plan).collect()
}
