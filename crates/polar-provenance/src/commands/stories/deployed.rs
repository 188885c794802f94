//! `deployed`.

use std::process::ExitCode;

use polar_query::{Kind, deployed};

use super::{Asking, outcome};
use crate::{
    cli::{Deployed, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &Deployed) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let kinds = [Kind::Commit, Kind::MergeRequest];
    let target = asking.target(&args.target, &kinds).await?;
    let answer = deployed(asking.store.as_ref(), &args.target, &target).await?;
    asking.tell(&answer, print::deployed)?;
    Ok(outcome(args.gated, answer.places.is_empty()))
}
