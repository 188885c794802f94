//! `demo`.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use polar_graph::GraphStore;
use polar_ingest::{Ingest, Report};
use polar_normalize::Options;
use polar_query::{FindingRow, Kind, TargetError, Trace, findings, resolve, trace};
use polar_reconcile::{Mode, PassSummary, Stop};
use serde::Serialize;

use crate::{
    cli::{Demo, Format, Global},
    commands::reconcile::with_progress,
    exit::SourceError,
    graph::{self, GraphChoice},
    print, rules,
};

/// The pod whose image has the longest story.
pub(crate) const POD: &str = "checkout-7d9c6b5f4d-x2k8p";

const OBSERVATIONS: &str = include_str!("../../../../demo/observations.jsonl");

#[derive(Serialize)]
struct Answer<'a> {
    graph: String,
    observations: u64,
    /// Nodes, edges and properties that the intake wrote, as the store counted them.
    facts_written: u64,
    /// Likewise of the pass.
    pass_written: u64,
    pass: &'a PassSummary,
    trace: &'a Trace,
    findings: &'a [FindingRow],
}

pub(crate) async fn run(global: &Global, args: &Demo) -> anyhow::Result<ExitCode> {
    let choice = match &global.graph {
        Some(choice) => choice.clone(),
        None => GraphChoice::Embedded(Some(own_file(args.fresh)?)),
    };
    let rules = rules::ordered(global)?;
    let store = graph::open_to_write(&choice).await?;
    let store = store.as_ref();
    let report = ingest(store).await?;
    let summary = with_progress(store, &rules, Mode::Apply, &Stop::default()).await?;
    let trace = traced(store, &args.pod).await?;
    let findings = findings(store).await?;
    if global.format == Some(Format::Json) {
        let mut out = std::io::stdout().lock();
        let answer = Answer {
            graph: store.location(),
            observations: report.observations,
            facts_written: report.written.total(),
            pass_written: summary.written.total(),
            pass: &summary,
            trace: &trace,
            findings: &findings,
        };
        serde_json::to_writer_pretty(&mut out, &answer).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut out = print::stdout();
    writeln!(out, "Graph     {}", store.location())?;
    writeln!(out, "Observed  {}\n", print::taken_in(&report))?;
    print::pass(&mut out, None, &summary, false)?;
    writeln!(out, "\nWhere did this running image come from?\n")?;
    print::traced(&mut out, &trace)?;
    writeln!(out, "\nFindings\n")?;
    print::findings(&mut out, &findings)?;
    let unchanged = report.written.is_zero() && summary.written.is_zero();
    writeln!(out, "\n{}", closing(unchanged))?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Where the image of a pod came from.
async fn traced(store: &dyn GraphStore, pod: &str) -> anyhow::Result<Trace> {
    let target = resolve(store, &Options::default(), pod, &[Kind::Running]).await;
    let target = target.map_err(|error| match error {
        TargetError::Unknown { .. } => anyhow::anyhow!("the demo has no pod `{pod}`; try {POD}"),
        other => other.into(),
    })?;
    Ok(trace(store, pod, &target, None).await?)
}

fn closing(unchanged: bool) -> &'static str {
    if unchanged {
        "Nothing was written: the graph already held every fact and every link."
    } else {
        "Run it again: the same facts and rules will write nothing."
    }
}

async fn ingest(store: &dyn GraphStore) -> anyhow::Result<Report> {
    // What cannot be joined is among the findings.
    let mut intake = Ingest::new(store, |problem| {
        tracing::info!("observations.jsonl:{problem}")
    });
    intake.lines(OBSERVATIONS.as_bytes(), |_| ()).await?;
    Ok(intake.report().clone())
}

/// A file for exactly this build's observations: another build's demo would mix with it.
fn own_file(fresh: bool) -> anyhow::Result<PathBuf> {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), OBSERVATIONS).hash(&mut hasher);
    let name = format!("demo-{:016x}.mars", hasher.finish());
    let file = graph::data_dir()?.join(name);
    if fresh && file.exists() {
        std::fs::remove_file(&file)
            .map_err(|source| SourceError {
                name: file.display().to_string(),
                source,
            })
            .context("cannot begin afresh")?;
    }
    Ok(file)
}
