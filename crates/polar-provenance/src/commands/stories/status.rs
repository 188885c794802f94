//! `status`.

use std::process::ExitCode;

use crate::cli::{Global, Status};

pub(crate) async fn run(_global: &Global, _args: &Status) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
