//! `status`.

use std::process::ExitCode;

use jiff::Timestamp;
use polar_query::status;

use super::{Asking, outcome};
use crate::{
    cli::{Global, Status},
    config::Config,
    print,
};

pub(crate) async fn run(global: &Global, args: &Status) -> anyhow::Result<ExitCode> {
    let configured = Config::load(global)?.named();
    let asking = Asking::new(global).await?;
    let answer = status(asking.store.as_ref(), &configured, Timestamp::now()).await?;
    asking.tell(&answer, print::status)?;
    Ok(outcome(args.gated, answer.is_negative()))
}
