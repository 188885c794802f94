//! `trace`.

use std::process::ExitCode;

use polar_query::{Kind, trace};

use super::{Asking, outcome};
use crate::{
    cli::{Format, Global, Trace},
    print,
};

pub(crate) async fn run(global: &Global, args: &Trace) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = asking.target(&args.target, &kinds).await?;
    let answer = trace(asking.store.as_ref(), &args.target, &target, args.at.at).await?;
    match asking.format {
        Format::Dot => print::dot(&mut std::io::stdout().lock(), &answer)?,
        Format::Mermaid => print::mermaid(&mut std::io::stdout().lock(), &answer)?,
        Format::Table | Format::Json => asking.tell(&answer, print::traced)?,
    }
    Ok(outcome(args.gated, !answer.complete))
}
