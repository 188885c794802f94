//! `unverified`.

use std::process::ExitCode;

use polar_query::unverified;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Unverified},
    print,
};

pub(crate) async fn run(global: &Global, args: &Unverified) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let answer = unverified(store, args.namespace.as_deref(), args.scanned).await?;
    asking.tell(&answer, print::unverified)?;
    Ok(outcome(args.gated, !answer.workloads.is_empty()))
}
