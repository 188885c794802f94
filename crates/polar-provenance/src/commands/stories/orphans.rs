//! `orphans`.

use std::process::ExitCode;

use crate::cli::{Global, Orphans};

pub(crate) async fn run(_global: &Global, _args: &Orphans) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
