//! `man`.

use std::{fs, process::ExitCode};

use anyhow::Context;
use clap::CommandFactory;
use clap_mangen::Man as Page;

use crate::cli::{Cli, Man};

pub(crate) fn run(args: &Man) -> anyhow::Result<ExitCode> {
    let command = Cli::command();
    match &args.dir {
        None => Page::new(command).render(&mut std::io::stdout().lock())?,
        Some(folder) => {
            let cannot = || format!("cannot write manual pages to {}", folder.display());
            fs::create_dir_all(folder).with_context(cannot)?;
            clap_mangen::generate_to(command, folder).with_context(cannot)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
