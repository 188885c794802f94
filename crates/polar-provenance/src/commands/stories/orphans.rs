//! `orphans`.

use std::process::ExitCode;

use polar_query::orphans;

use super::{Asking, document, outcome};
use crate::{
    cli::{Format, Global, Orphans},
    print,
};

pub(crate) async fn run(global: &Global, args: &Orphans) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let answer = orphans(store).await?;
    if asking.format == Format::Json {
        document(&answer)?;
    } else {
        print::orphans(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, !answer.is_empty()))
}
