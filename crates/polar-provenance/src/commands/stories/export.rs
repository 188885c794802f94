//! `export`.

use std::process::ExitCode;

use crate::cli::{Export, Global};

pub(crate) async fn run(_global: &Global, _args: &Export) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
