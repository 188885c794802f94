//! `commit`.

use std::process::ExitCode;

use polar_query::{Kind, commit_of, resolve};

use super::{Asking, document, outcome};
use crate::{
    cli::{CommitOf, Format, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &CommitOf) -> anyhow::Result<ExitCode> {
    let Asking {
        store,
        options,
        format,
    } = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = resolve(store.as_ref(), &options, &args.target, &kinds).await?;
    let answer = commit_of(store.as_ref(), &args.target, &target).await?;
    if format == Format::Json {
        document(&answer)?;
    } else {
        print::commits(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, !answer.known))
}
