//! `who-built`.

use std::process::ExitCode;

use polar_query::{Kind, who_built};

use super::{Asking, outcome};
use crate::{
    cli::{Global, WhoBuilt},
    print,
};

pub(crate) async fn run(global: &Global, args: &WhoBuilt) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = asking.target(&args.target, &kinds).await?;
    let answer = who_built(asking.store.as_ref(), &args.target, &target).await?;
    asking.tell(&answer, print::who_built)?;
    Ok(outcome(args.gated, !answer.known))
}
