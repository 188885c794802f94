//! `gate`.

use std::process::ExitCode;

use crate::cli::{Gate, Global};

pub(crate) async fn run(_global: &Global, _args: &Gate) -> anyhow::Result<ExitCode> {
    anyhow::bail!("not there yet")
}
