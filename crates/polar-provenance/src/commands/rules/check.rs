//! `rules check`.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use polar_graph::{EmbeddedStore, Engine, GraphStore, SchemaItem, schema_items};
use polar_model::Label;
use polar_reconcile::{check, needed_indexes};
use polar_rules::{Problem, Rule, check_reads, in_order};
use serde::Serialize;

use super::refusal::told_by_engine;
use crate::{
    cli::Global,
    exit,
    graph::{self, GraphChoice},
    print,
    rules::{self, Origin, RuleFile, Told},
};

/// What became of a rule that was checked.
#[derive(Serialize)]
pub(crate) struct CheckRow {
    pub(crate) rule: String,
    /// The file, or `built-in NAME`.
    pub(crate) place: String,
    /// Why it is refused; empty if it is not.
    pub(crate) problems: Vec<Told>,
}

/// The engines that plan, each with its name.
type Engines = Vec<(&'static str, Arc<dyn GraphStore>)>;

/// Checks the files given, as if they were among the rules; without any, all rules.
pub(crate) async fn run(global: &Global, files: &[PathBuf]) -> anyhow::Result<ExitCode> {
    for (number, file) in files.iter().enumerate() {
        let same = files[..number]
            .iter()
            .find(|other| other.file_stem() == file.file_stem());
        if let Some(other) = same {
            let (other, file) = (other.display(), file.display());
            anyhow::bail!(
                "{other} and {file} are the same rule by their name: check them one by one"
            );
        }
    }
    let all = rules::files(global, files)?;
    let engines = engines(global).await?;
    let indexes = indexes(&engines).await?;
    let asked = |file: &RuleFile| match &file.origin {
        Origin::BuiltIn => files.is_empty(),
        Origin::Added(path) | Origin::Replaced(path) => files.is_empty() || files.contains(path),
    };
    let mut rows = Vec::new();
    for file in &all {
        let problems = match &file.parsed {
            Err(error) => rules::problems(&file.origin, error.clone()),
            Ok(rule) if asked(file) => alone(rule, &file.origin, &engines, &indexes).await?,
            Ok(_) => Vec::new(),
        };
        rows.push(CheckRow {
            rule: file.name.clone(),
            place: file.origin.place(&file.name),
            problems,
        });
    }
    for (rule, told) in together(&all) {
        let row = rows.iter_mut().find(|row| row.rule == rule);
        row.into_iter()
            .for_each(|row| row.problems.push(told.clone()));
    }
    let mut asked = all.iter().map(asked);
    rows.retain(|row| asked.next() == Some(true) || !row.problems.is_empty());
    for row in &mut rows {
        row.problems.sort_by_key(|told| told.line);
    }
    let names: Vec<&str> = engines.iter().map(|(name, _)| *name).collect();
    print::checked(global.format, &names, &rows)?;
    Ok(if rows.iter().all(|row| row.problems.is_empty()) {
        ExitCode::SUCCESS
    } else {
        exit::NEGATIVE.into()
    })
}

/// An empty embedded store, which plans as any other of its kind, and Neo4j where it is the graph
/// chosen: a rule has to run on both.
async fn engines(global: &Global) -> anyhow::Result<Engines> {
    let embedded = EmbeddedStore::in_memory()?;
    embedded.apply_schema(&schema_items()).await?;
    let mut engines: Engines = vec![("embedded", Arc::new(embedded))];
    let choice = graph::chosen(global)?;
    if choice == GraphChoice::Neo4j {
        engines.push(("neo4j", graph::open(&choice).await?));
    }
    Ok(engines)
}

/// The indexes that are there or will be, once something is written.
async fn indexes(engines: &Engines) -> anyhow::Result<Vec<SchemaItem>> {
    let mut indexes = schema_items();
    for (_, store) in engines {
        indexes.extend(store.schema().await?);
    }
    Ok(indexes)
}

/// What is wrong with a rule by itself.
async fn alone(
    rule: &Rule,
    origin: &Origin,
    engines: &Engines,
    indexes: &[SchemaItem],
) -> anyhow::Result<Vec<Told>> {
    let place = origin.place(&rule.name);
    let mut told = Vec::new();
    for (engine, store) in engines {
        match check(store.as_ref(), rule).await {
            Err(refusal) if refusal.error.is_out_of_reach() => return Err(refusal.error.into()),
            Err(refusal) => told.push(Told {
                engine: Some(engine),
                ..Told::new(place.clone(), told_by_engine(rule, &refusal))
            }),
            Ok(()) => {}
        }
    }
    let lacking = needed_indexes(rule)
        .into_iter()
        .filter(|(_, item)| !indexes.contains(item));
    let lacking = lacking.map(|(variable, item)| without_index(rule, variable, &item));
    told.extend(lacking.map(|problem| Told::new(place.clone(), problem)));
    Ok(told)
}

fn without_index(rule: &Rule, variable: &str, item: &SchemaItem) -> Problem {
    let SchemaItem {
        label, property, ..
    } = item;
    let alike = Label::ALL
        .iter()
        .find(|known| known.as_str().eq_ignore_ascii_case(label));
    let hint = match alike {
        Some(known) => format!("it is written {known}"),
        None => format!(
            "use a label of docs/observations.md; for nodes of your own in Neo4j, create it, and give \
             --graph neo4j: {}",
            item.statement(Engine::Neo4j).trim()
        ),
    };
    Problem::new(
        rule.line_with(variable).unwrap_or(1),
        format!("`{variable}` is a {label}, which has no unique index on `{property}`"),
        hint,
    )
}

/// What is wrong with the rules as they run together, each with its rule's name.
fn together(all: &[RuleFile]) -> Vec<(String, Told)> {
    let sound = all.iter().filter_map(|file| file.parsed.as_ref().ok());
    let sound: Vec<Rule> = sound.cloned().collect();
    let origin = |rule: &str| {
        let found = all.iter().find(|file| file.name == rule);
        found.map_or(Origin::BuiltIn, |file| file.origin.clone())
    };
    let reads = check_reads(&sound).into_iter().map(|(rule, problem)| {
        let place = origin(&rule).place(&rule);
        (rule, Told::new(place, problem))
    });
    let mut told: Vec<_> = reads.collect();
    if let Err(circle) = in_order(sound) {
        let names = circle.0.iter().map(|step| step.rule.clone());
        told.extend(names.zip(rules::around(&circle, origin)));
    }
    told
}
