//! `who-built`.

use std::process::ExitCode;

use crate::cli::{Global, WhoBuilt};

pub(crate) async fn run(_global: &Global, _args: &WhoBuilt) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
