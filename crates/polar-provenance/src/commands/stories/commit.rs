//! `commit`.

use std::process::ExitCode;

use polar_query::{Kind, commit_of};

use super::{Asking, outcome};
use crate::{
    cli::{CommitOf, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &CommitOf) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = asking.target(&args.target, &kinds).await?;
    let answer = commit_of(asking.store.as_ref(), &args.target, &target).await?;
    asking.tell(&answer, print::commits)?;
    Ok(outcome(args.gated, !answer.known))
}
