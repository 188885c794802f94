//! `deployed`.

use std::process::ExitCode;

use polar_query::{Kind, deployed, resolve};

use super::{Asking, document, outcome};
use crate::{
    cli::{Deployed, Format, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &Deployed) -> anyhow::Result<ExitCode> {
    let Asking {
        store,
        options,
        format,
    } = Asking::new(global).await?;
    let kinds = [Kind::Commit, Kind::MergeRequest];
    let target = resolve(store.as_ref(), &options, &args.target, &kinds).await?;
    let answer = deployed(store.as_ref(), &args.target, &target).await?;
    if format == Format::Json {
        document(&answer)?;
    } else {
        print::deployed(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, answer.places.is_empty()))
}
