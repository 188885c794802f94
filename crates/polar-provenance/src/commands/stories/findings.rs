//! `findings`.

use std::process::ExitCode;

use anyhow::bail;
use polar_query::found;

use super::{Asking, outcome};
use crate::{
    cli::{Findings, Global},
    print, rules,
};

pub(crate) async fn run(global: &Global, args: &Findings) -> anyhow::Result<ExitCode> {
    let known = rules::finding_kinds(global)?;
    let mut names: Vec<_> = known.iter().map(|(kind, _)| kind.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    if let Some(kind) = args
        .kind
        .iter()
        .find(|kind| !names.contains(&kind.as_str()))
    {
        bail!(
            "no rule finds `{kind}`; known kinds are {}",
            names.join(", ")
        );
    }
    let asking = Asking::new(global).await?;
    let answer = found(asking.store.as_ref(), &args.kind, args.since).await?;
    asking.tell(&answer, print::found)?;
    Ok(outcome(args.gated, !answer.findings.is_empty()))
}
