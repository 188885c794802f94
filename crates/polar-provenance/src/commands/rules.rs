//! `rules`.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use polar_graph::{EmbeddedStore, GraphStore, schema_items};
use polar_reconcile::{Stop, check, leftovers, prune};
use polar_rules::{Dialect, Effect, Rule, Wake, in_order};
use serde::Serialize;

use crate::{
    cli::{Global, Rules},
    commands::agent::stop_on_signal,
    exit,
    graph::{self, GraphChoice},
    print, rules,
};

/// A rule for printing.
#[derive(Serialize)]
pub(crate) struct RuleRow {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The link's type or the finding's kind.
    pub(crate) derives: String,
    /// `link` or `finding`.
    pub(crate) kind: &'static str,
    /// Of a link.
    pub(crate) confidence: Option<f64>,
    /// Of a finding.
    pub(crate) severity: Option<String>,
    pub(crate) reads: Vec<String>,
    /// `built-in`, or the file.
    pub(crate) origin: String,
}

/// A statement that follows from a rule.
#[derive(Serialize)]
pub(crate) struct DerivedRow {
    pub(crate) purpose: &'static str,
    pub(crate) statement: String,
}

/// What became of a rule that was checked.
#[derive(Serialize)]
pub(crate) struct CheckRow {
    pub(crate) rule: String,
    /// Why it was refused.
    pub(crate) refused: Option<String>,
}

pub(crate) async fn run(global: &Global, args: &Rules) -> anyhow::Result<ExitCode> {
    match args {
        Rules::List => print::rules(global.format, &rows(global)?)?,
        Rules::Show { name } => show(global, name)?,
        Rules::Prune { apply } => return prune_all(global, *apply).await,
        Rules::Check { files } => return check_all(global, files).await,
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(global: &Global) -> anyhow::Result<Vec<RuleRow>> {
    let origins: std::collections::BTreeMap<_, _> = rules::load(global)?
        .into_iter()
        .map(|loaded| {
            let file = loaded.file.map(|file| file.display().to_string());
            (loaded.rule.name, file)
        })
        .collect();
    let rows = rules::ordered(global)?.into_iter().map(|rule| {
        let origin = origins.get(&rule.name).cloned().flatten();
        row(rule, origin.unwrap_or_else(|| "built-in".to_owned()))
    });
    Ok(rows.collect())
}

fn row(rule: Rule, origin: String) -> RuleRow {
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
        origin,
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

async fn check_all(global: &Global, files: &[std::path::PathBuf]) -> anyhow::Result<ExitCode> {
    let stores = stores_to_plan_on(global).await?;
    let mut rows = Vec::new();
    let mut parsed = Vec::new();
    if files.is_empty() {
        parsed.extend(rules::load(global)?.into_iter().map(|loaded| loaded.rule));
    }
    for file in files {
        match rules::read(file) {
            Ok(rule) => parsed.push(rule),
            Err(error) => rows.push(CheckRow {
                rule: file.display().to_string(),
                refused: Some(exit::one_line(&error)),
            }),
        }
    }
    for rule in &parsed {
        let mut reasons = Vec::new();
        for (engine, store) in &stores {
            match check(store.as_ref(), rule).await {
                Err(error) if error.is_out_of_reach() => return Err(error.into()),
                Err(error) => reasons.push(format!("on {engine}: {error}")),
                Ok(()) => {}
            }
        }
        rows.push(CheckRow {
            rule: rule.name.clone(),
            refused: (!reasons.is_empty()).then(|| reasons.join("; ")),
        });
    }
    if let Err(error) = in_order(parsed) {
        rows.push(CheckRow {
            rule: "all together".to_owned(),
            refused: Some(error.to_string()),
        });
    }
    let engines: Vec<&str> = stores.iter().map(|(engine, _)| *engine).collect();
    print::checked(global.format, &engines, &rows)?;
    let refused = rows.iter().any(|row| row.refused.is_some());
    Ok(if refused {
        exit::NEGATIVE.into()
    } else {
        ExitCode::SUCCESS
    })
}

/// An empty embedded store, which plans as any other of its kind, and Neo4j where it is the graph
/// chosen: a rule has to run on both.
async fn stores_to_plan_on(
    global: &Global,
) -> anyhow::Result<Vec<(&'static str, Arc<dyn GraphStore>)>> {
    let embedded = EmbeddedStore::in_memory()?;
    embedded.apply_schema(&schema_items()).await?;
    let mut stores: Vec<(_, Arc<dyn GraphStore>)> = vec![("embedded", Arc::new(embedded))];
    let choice = graph::chosen(global)?;
    if choice == GraphChoice::Neo4j {
        stores.push(("neo4j", graph::open(&choice).await?));
    }
    Ok(stores)
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
