//! `retags`.

use std::process::ExitCode;

use polar_query::retags;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Retags},
    print,
};

pub(crate) async fn run(global: &Global, args: &Retags) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let target = match &args.target {
        Some(target) => Some(asking.image(target).await?),
        None => None,
    };
    let answer = retags(asking.store.as_ref(), target.as_ref(), args.at.at).await?;
    asking.tell(&answer, print::retags)?;
    Ok(outcome(args.gated, answer.any_moved()))
}
