//! `trace`.

use std::process::ExitCode;

use polar_query::{Kind, resolve, trace};

use super::{Asking, document, outcome};
use crate::{
    cli::{Format, Global, Trace},
    print,
};

pub(crate) async fn run(global: &Global, args: &Trace) -> anyhow::Result<ExitCode> {
    let Asking {
        store,
        options,
        format,
    } = Asking::new(global).await?;
    let kinds = [Kind::Running, Kind::Image];
    let target = resolve(store.as_ref(), &options, &args.target, &kinds).await?;
    let answer = trace(store.as_ref(), &args.target, &target, args.at.at).await?;
    let mut out = std::io::stdout().lock();
    match format {
        Format::Table => print::traced(&mut out, &answer)?,
        Format::Json => document(&answer)?,
        Format::Dot => print::dot(&mut out, &answer)?,
        Format::Mermaid => print::mermaid(&mut out, &answer)?,
    }
    Ok(outcome(args.gated, !answer.complete))
}
