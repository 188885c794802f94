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
    if args.cypher {
        let mut out = std::io::stdout().lock();
        for query in explanation.cypher() {
            writeln!(out, "{query};\n")?;
        }
    } else if global.format == Some(Format::Json) {
        let mut out = std::io::stdout().lock();
        serde_json::to_writer_pretty(&mut out, &explanation).map_err(std::io::Error::from)?;
        writeln!(out)?;
    } else {
        let mut out = print::stdout();
        print::explained(&mut out, &explanation)?;
        out.flush()?;
    }
    Ok(ExitCode::SUCCESS)
}
