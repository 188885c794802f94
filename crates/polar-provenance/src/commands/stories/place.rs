//! `where`.

use std::process::ExitCode;

use polar_query::places;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Where},
    print,
};

pub(crate) async fn run(global: &Global, args: &Where) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let target = asking.image(&args.target).await?;
    let answer = places(asking.store.as_ref(), &target, args.at.at).await?;
    asking.tell(&answer, print::places)?;
    Ok(outcome(args.gated, answer.workloads.is_empty()))
}
