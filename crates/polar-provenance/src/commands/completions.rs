//! `completions`.

use std::{io::Write, process::ExitCode};

use crate::cli::{Completions, grouped};

pub(crate) fn run(args: &Completions) -> anyhow::Result<ExitCode> {
    let mut command = grouped();
    let name = command.get_name().to_owned();
    // It panics if it cannot write, as where a pipe is closed early.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}
