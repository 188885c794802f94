//! `explain`.

use std::{io::Write, process::ExitCode};

use polar_explain::explain;

use crate::{
    cli::{Explain, Format, Global},
    config::Config,
    graph, print, rules,
};

pub(crate) async fn run(global: &Global, args: &Explain) -> anyhow::Result<ExitCode> {
    let rules = rules::ordered(global)?;
    let options = Config::load(global)?.options()?;
    let store = graph::open(&graph::chosen(global)?).await?;
    let explanation = explain(store.as_ref(), &rules, &options, &args.target).await?;
    let mut out = std::io::stdout().lock();
    if args.cypher {
        for query in explanation.cypher() {
            writeln!(out, "{query};\n")?;
        }
    } else if global.format == Some(Format::Json) {
        serde_json::to_writer_pretty(&mut out, &explanation).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        print::explained(&mut out, &explanation)?;
    }
    Ok(ExitCode::SUCCESS)
}
