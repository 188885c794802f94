//! `unreviewed`.

use std::process::ExitCode;

use crate::cli::{Global, Unreviewed};

pub(crate) async fn run(_global: &Global, _args: &Unreviewed) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
