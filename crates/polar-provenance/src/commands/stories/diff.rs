//! `diff`.

use std::process::ExitCode;

use anyhow::ensure;
use jiff::Timestamp;
use polar_query::diff;

use super::{Asking, outcome};
use crate::{
    cli::{Diff, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &Diff) -> anyhow::Result<ExitCode> {
    let until = args.until.unwrap_or_else(Timestamp::now);
    let since = args.since;
    ensure!(
        since < until,
        "nothing lies between --since {since} and --until {until}: give the earlier time first"
    );
    let asking = Asking::new(global).await?;
    let answer = diff(asking.store.as_ref(), since, until).await?;
    asking.tell(&answer, print::differences)?;
    Ok(outcome(args.gated, answer.is_negative()))
}
