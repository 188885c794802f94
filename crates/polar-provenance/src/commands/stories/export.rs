//! `export`.

use std::process::ExitCode;

use polar_query::{Kind, subgraph, trace};

use super::Asking;
use crate::{
    cli::{Export, ExportForm, Global},
    print,
};

pub(crate) async fn run(global: &Global, args: &Export) -> anyhow::Result<ExitCode> {
    let asking = Asking::new(global).await?;
    let store = asking.store.as_ref();
    let kinds = [Kind::Running, Kind::Image];
    let target = asking.target(&args.target, &kinds).await?;
    let answer = trace(store, &args.target, &target, None).await?;
    let part = subgraph(store, &answer.nodes()).await?;
    let mut out = std::io::stdout().lock();
    match args.form {
        ExportForm::Cypher => print::cypher(&mut out, &part)?,
        ExportForm::Graphml => print::graphml(&mut out, &part)?,
    }
    Ok(ExitCode::SUCCESS)
}
