//! `retags`.

use std::process::ExitCode;

use crate::cli::{Global, Retags};

pub(crate) async fn run(_global: &Global, _args: &Retags) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
