//! `rules`.

mod check;
mod refusal;

use std::process::ExitCode;

use anyhow::Context;
use polar_reconcile::{Stop, leftovers, prune};
use polar_rules::{Dialect, Effect, Wake};
use serde::Serialize;

use crate::{
    cli::{Global, Rules},
    commands::agent::stop_on_signal,
    exit,
    graph::{self, GraphChoice},
    print,
    rules::{self, LoadedRule},
};

pub(crate) use check::CheckRow;

/// A rule for printing.
#[derive(Serialize)]
pub(crate) struct RuleRow {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The link's type or the finding's kind.
    pub(crate) derives: String,
    /// `link`, `timeline` or `finding`.
    pub(crate) kind: &'static str,
    /// Of a link or a timeline.
    pub(crate) confidence: Option<f64>,
    /// Of a finding.
    pub(crate) severity: Option<String>,
    pub(crate) reads: Vec<String>,
    /// `built-in`, `added`, or `replaced`.
    pub(crate) origin: &'static str,
    /// The file, of one that is not built in.
    pub(crate) file: Option<String>,
}

/// A statement that follows from a rule.
#[derive(Serialize)]
pub(crate) struct DerivedRow {
    pub(crate) purpose: &'static str,
    pub(crate) statement: String,
}

pub(crate) async fn run(global: &Global, args: &Rules) -> anyhow::Result<ExitCode> {
    match args {
        Rules::List => print::rules(global.format, &rows(global)?)?,
        Rules::Show { name } => show(global, name)?,
        Rules::Prune { apply } => return prune_all(global, *apply).await,
        Rules::Check { files } => return check::run(global, files).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(global: &Global) -> anyhow::Result<Vec<RuleRow>> {
    let loaded = rules::in_running_order(global)?.into_iter();
    Ok(loaded.map(row).collect())
}

fn row(loaded: LoadedRule) -> RuleRow {
    let LoadedRule { rule, origin } = loaded;
    let (kind, derives, confidence, severity) = match rule.effect {
        Effect::Link {
            link, confidence, ..
        } => ("link", link, Some(confidence), None),
        Effect::Timeline {
            link, confidence, ..
        } => ("timeline", link, Some(confidence), None),
        Effect::Finding { kind, severity, .. } => ("finding", kind, None, Some(severity)),
    };
    RuleRow {
        name: rule.name,
        title: rule.title,
        derives,
        kind,
        confidence,
        severity,
        reads: rule.reads,
        origin: origin.kind(),
        file: origin.file(),
    }
}

fn show(global: &Global, name: &str) -> anyhow::Result<()> {
    let loaded = rules::load(global)?;
    let names: Vec<_> = loaded
        .iter()
        .map(|loaded| loaded.rule.name.as_str())
        .collect();
    let names = names.join(", ");
    let found = loaded.iter().find(|loaded| loaded.rule.name == name);
    let rule = &found
        .with_context(|| format!("no rule `{name}`; there are: {names}"))?
        .rule;
    let dialect = match graph::chosen(global)? {
        GraphChoice::Neo4j => Dialect::ElementId,
        GraphChoice::Embedded(_) => Dialect::Key,
    };
    let derived = rule.derive(dialect);
    let row = |purpose, statement: &str| DerivedRow {
        purpose,
        statement: statement.trim().to_owned(),
    };
    let mut statements = vec![
        row("find what is missing", &derived.all.missing),
        row("create it", &derived.create),
    ];
    let no_longer = |text: &String| row("find what no longer holds", text);
    statements.extend(derived.all.stale.iter().map(no_longer));
    statements.push(row("remove it", &derived.delete));
    let concerned = |wake: &Wake| row("find what a change concerns", &wake.text);
    statements.extend(derived.wakes.iter().map(concerned));
    statements.push(row("find what is missing there", &derived.around.missing));
    let there = |text: &String| row("find what no longer holds there", text);
    statements.extend(derived.around.stale.iter().map(there));
    print::rule(global.format, rule, &statements)?;
    Ok(())
}

/// Lists what rules left behind, and removes it if `apply`.
async fn prune_all(global: &Global, apply: bool) -> anyhow::Result<ExitCode> {
    let rules = rules::ordered(global)?;
    let store = graph::open(&graph::chosen(global)?).await?;
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let left = leftovers(store.as_ref(), &rules).await?;
    let removed = if apply {
        Some(prune(store.as_ref(), &left, &stop).await?)
    } else {
        None
    };
    print::pruned(global.format, &left, removed)?;
    Ok(if stop.asked() {
        exit::INTERRUPTED.into()
    } else {
        ExitCode::SUCCESS
    })
}
