//! `diff`.

use std::process::ExitCode;

use crate::cli::{Diff, Global};

pub(crate) async fn run(_global: &Global, _args: &Diff) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
