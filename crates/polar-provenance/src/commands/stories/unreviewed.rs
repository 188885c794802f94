//! `unreviewed`.

use std::process::ExitCode;

use polar_query::unreviewed;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Unreviewed},
    print,
};

pub(crate) async fn run(global: &Global, args: &Unreviewed) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let answer = unreviewed(store, args.namespace.as_deref()).await?;
    asking.tell(&answer, print::unreviewed)?;
    Ok(outcome(args.gated, !answer.unreviewed.is_empty()))
}
