//! `who-built`.

use std::process::ExitCode;

use polar_query::{Kind, resolve, who_built};

use super::{Asking, document, outcome};
use crate::{
    cli::{Format, Global, WhoBuilt},
    print,
};

pub(crate) async fn run(global: &Global, args: &WhoBuilt) -> anyhow::Result<ExitCode> {
    let Asking {
        store,
        options,
        format,
    } = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = resolve(store.as_ref(), &options, &args.target, &kinds).await?;
    let answer = who_built(store.as_ref(), &args.target, &target).await?;
    if format == Format::Json {
        document(&answer)?;
    } else {
        print::who_built(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, !answer.known))
}
