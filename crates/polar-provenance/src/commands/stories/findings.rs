//! `findings`.

use std::process::ExitCode;

use crate::cli::{Findings, Global};

pub(crate) async fn run(_global: &Global, _args: &Findings) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
