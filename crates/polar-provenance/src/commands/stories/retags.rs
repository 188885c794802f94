//! `retags`.

use std::process::ExitCode;

use polar_query::retags;

use super::{Asking, document, image, outcome};
use crate::{
    cli::{Format, Global, Retags},
    print,
};

pub(crate) async fn run(global: &Global, args: &Retags) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let target = match &args.target {
        Some(target) => Some(image(&asking, target).await?),
        None => None,
    };
    let answer = retags(asking.store.as_ref(), target.as_ref(), args.at.at).await?;
    if asking.format == Format::Json {
        document(&answer)?;
    } else {
        print::retags(&mut std::io::stdout().lock(), &answer)?;
    }
    Ok(outcome(args.gated, answer.any_moved()))
}
