//! `unverified`.

use std::process::ExitCode;

use crate::cli::{Global, Unverified};

pub(crate) async fn run(_global: &Global, _args: &Unverified) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
