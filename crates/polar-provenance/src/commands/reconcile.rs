//! `reconcile`.

use std::{io::Write, process::ExitCode};

use polar_dialect::Problem;
use polar_graph::{GraphStore, SPANS};
use polar_reconcile::{Change, Mode, PassSummary, Stop, pass};
use polar_rules::Rule;
use tracing::Instrument;

use crate::{
    cli::{Format, Global, Reconcile},
    commands::agent::stop_on_signal,
    config::Config,
    exit, graph,
    polar::Adopter,
    print,
    progress::Progress,
    rules,
};

pub(crate) async fn run(global: &Global, args: &Reconcile) -> anyhow::Result<ExitCode> {
    let rules = rules::ordered(global)?;
    let config = Config::load(global)?;
    let choice = graph::choice(global, &config);
    let adopter = Adopter::new(&config)?;
    let stop = Stop::default();
    stop_on_signal(&stop)?;
    let summary = if args.dry_run {
        let store = graph::open(&choice).await?;
        if adopter.finds(store.as_ref()).await? {
            eprintln!("a dry run takes nothing in of what Polar holds; see `observe polar`");
        }
        dry_run(store.as_ref(), &rules, &stop, global.format).await?
    } else {
        let store = graph::traced(graph::open_to_write(&choice).await?);
        let span = tracing::info_span!(target: SPANS, "pass");
        let passing = async {
            adopt(&adopter, store.as_ref(), &stop, global.format).await?;
            with_progress(store.as_ref(), &rules, Mode::Apply, &stop).await
        };
        passing.instrument(span).await?
    };
    print::pass(
        &mut std::io::stdout().lock(),
        global.format,
        &summary,
        args.dry_run,
    )?;
    let differs = summary.created() + summary.removed() > 0;
    Ok(match () {
        () if summary.stopped => exit::INTERRUPTED.into(),
        () if args.exit_code && differs => exit::NEGATIVE.into(),
        () => ExitCode::SUCCESS,
    })
}

/// Takes in what Polar holds, and prints what that was.
async fn adopt(
    adopter: &Adopter,
    store: &dyn GraphStore,
    stop: &Stop,
    format: Option<Format>,
) -> anyhow::Result<()> {
    let note = |problem: &Problem| eprintln!("polar: left out: {problem}; alike ones are counted");
    let adoption = adopter.adopt(store, stop, note).await?;
    Ok(print::adopted(
        &mut std::io::stdout().lock(),
        format,
        &adoption,
    )?)
}

/// A pass that writes nothing and prints each change as it is found.
async fn dry_run(
    store: &dyn GraphStore,
    rules: &[Rule],
    stop: &Stop,
    format: Option<Format>,
) -> anyhow::Result<PassSummary> {
    let mut failed = Ok(());
    let mut out = std::io::stdout();
    let mut show = |change: Change| {
        if failed.is_ok() {
            failed = print::change(&mut out, format, &change);
            if failed.is_err() {
                stop.ask();
            }
        }
    };
    let summary = with_progress(store, rules, Mode::DryRun(&mut show), stop).await;
    failed?;
    out.flush()?;
    summary
}

/// A pass with progress on stderr.
pub(crate) async fn with_progress(
    store: &dyn GraphStore,
    rules: &[Rule],
    mode: Mode<'_>,
    stop: &Stop,
) -> anyhow::Result<PassSummary> {
    let mut progress = Progress::start();
    let mut show = |rule: &Rule, done| progress.set(&rule.name, done);
    let outcome = pass(store, rules, mode, stop, &mut show).await;
    progress.finish();
    Ok(outcome?)
}
