//! `orphans`.

use std::process::ExitCode;

use polar_query::orphans;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Orphans},
    print,
};

pub(crate) async fn run(global: &Global, args: &Orphans) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let answer = orphans(store).await?;
    asking.tell(&answer, print::orphans)?;
    Ok(outcome(args.gated, !answer.is_empty()))
}
