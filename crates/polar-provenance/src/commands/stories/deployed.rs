//! `deployed`.

use std::process::ExitCode;

use crate::cli::{Deployed, Global};

pub(crate) async fn run(_global: &Global, _args: &Deployed) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
