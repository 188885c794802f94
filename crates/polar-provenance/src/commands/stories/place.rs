//! `where`.

use std::process::ExitCode;

use polar_query::places;

use super::{Asking, document, image, outcome};
use crate::{
    cli::{Format, Global, Where},
    print,
};

pub(crate) async fn run(global: &Global, args: &Where) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let target = image(&asking, &args.target).await?;
    let answer = places(asking.store.as_ref(), &target, args.at.at).await?;
    if asking.format == Format::Json {
        document(&answer)?;
    } else {
        print::places(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, answer.workloads.is_empty()))
}
