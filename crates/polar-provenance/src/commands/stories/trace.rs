//! `trace`.

use std::process::ExitCode;

use crate::cli::{Global, Trace};

pub(crate) async fn run(_global: &Global, _args: &Trace) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
