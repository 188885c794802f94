//! `commit`.

use std::process::ExitCode;

use crate::cli::{CommitOf, Global};

pub(crate) async fn run(_global: &Global, _args: &CommitOf) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
