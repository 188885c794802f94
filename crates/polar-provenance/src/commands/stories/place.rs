//! `where`.

use std::process::ExitCode;

use crate::cli::{Global, Where};

pub(crate) async fn run(_global: &Global, _args: &Where) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
