//! One module per command.

mod agent;
mod completions;
mod config;
pub(crate) mod demo;
mod explain;
mod ingest;
mod man;
mod normalize;
mod observe;
mod reconcile;
mod rules;
mod schema;
mod stories;

pub(crate) use rules::{CheckRow, DerivedRow, RuleRow};
pub(crate) use schema::SchemaRow;

use std::process::ExitCode;

use crate::{
    cli::{Cli, Command, Format},
    progress::Board,
};

/// Runs the command of a command line.
pub(crate) async fn run(cli: Cli, board: &Board) -> anyhow::Result<ExitCode> {
    let global = &cli.global;
    if global.format.is_some_and(Format::is_drawing) && !matches!(cli.command, Command::Trace(_)) {
        anyhow::bail!("only `trace` can be drawn; give --format table or json");
    }
    match cli.command {
        Command::Demo(args) => demo::run(global, &args).await,
        Command::Trace(args) => stories::trace::run(global, &args).await,
        Command::WhoBuilt(args) => stories::who_built::run(global, &args).await,
        Command::CommitOf(args) => stories::commit::run(global, &args).await,
        Command::Deployed(args) => stories::deployed::run(global, &args).await,
        Command::Where(args) => stories::place::run(global, &args).await,
        Command::Retags(args) => stories::retags::run(global, &args).await,
        Command::Unverified(args) => stories::unverified::run(global, &args).await,
        Command::Unreviewed(args) => stories::unreviewed::run(global, &args).await,
        Command::Orphans(args) => stories::orphans::run(global, &args).await,
        Command::Findings(args) => stories::findings::run(global, &args).await,
        Command::Status(args) => stories::status::run(global, &args).await,
        Command::Diff(args) => stories::diff::run(global, &args).await,
        Command::Gate(args) => stories::gate::run(global, &args).await,
        Command::Export(args) => stories::export::run(global, &args).await,
        Command::Explain(args) => explain::run(global, &args).await,
        Command::Ingest(args) => ingest::run(global, &args).await,
        Command::Reconcile(args) => reconcile::run(global, &args).await,
        Command::Agent(args) => agent::run(global, &args, board).await,
        Command::Observe(args) => observe::run(global, &args).await,
        Command::Config(args) => config::run(global, &args).await,
        Command::Rules(args) => rules::run(global, &args).await,
        Command::Schema(args) => schema::run(global, &args).await,
        Command::Normalize(args) => normalize::run(global, &args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    }
}
