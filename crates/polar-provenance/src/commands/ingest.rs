//! `ingest`.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
    process::ExitCode,
    sync::Mutex,
};

use polar_graph::GraphStore;
use polar_ingest::{IngestError, Report};
use polar_normalize::Options;

use crate::{
    cli::{Global, Ingest},
    config::Config,
    exit::{self, SourceError},
    graph, print,
    progress::Progress,
};

pub(crate) async fn run(global: &Global, args: &Ingest) -> anyhow::Result<ExitCode> {
    let store = graph::traced(graph::open_to_write(&graph::chosen(global)?).await?);
    let options = Config::load(global)?.options()?;
    let mut reports = Vec::new();
    let mut unreadable = None;
    for path in &args.files {
        let name = path.display().to_string();
        match file(store.as_ref(), path, &name, &options).await {
            Ok(report) => reports.push((name, report)),
            // The other files still land.
            Err(error) if error.is::<SourceError>() => {
                eprintln!("error: {error}");
                unreadable = Some(error);
            }
            Err(error) => return Err(error),
        }
    }
    print::ingested(global.format, &reports)?;
    if let Some(error) = unreadable {
        return Err(error.context(format!("of {} files not all were read", args.files.len())));
    }
    let bad = reports.iter().any(|(_, report)| report.bad_lines > 0);
    Ok(if bad {
        exit::NEGATIVE.into()
    } else {
        ExitCode::SUCCESS
    })
}

async fn file(
    store: &dyn GraphStore,
    path: &Path,
    name: &str,
    options: &Options,
) -> anyhow::Result<Report> {
    let source_error = |source| SourceError {
        name: name.to_owned(),
        source,
    };
    let source: Box<dyn BufRead + Send> = if path == Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).map_err(source_error)?))
    };
    let progress = Mutex::new(Progress::start());
    let with_progress = |show: &dyn Fn(&mut Progress)| {
        if let Ok(mut progress) = progress.lock() {
            show(&mut progress);
        }
    };
    let mut intake = polar_ingest::Ingest::new(store, |problem| {
        with_progress(&|progress| progress.note(&format!("{name}:{problem}")));
    })
    .with_options(options.clone());
    let outcome = intake
        .lines(source, |lines| {
            with_progress(&|progress| progress.set(&format!("{name}: lines"), lines));
        })
        .await;
    with_progress(&|progress| progress.finish());
    match outcome {
        Ok(()) => Ok(intake.report().clone()),
        Err(IngestError::Read(error)) => Err(source_error(error).into()),
        Err(IngestError::Graph(error)) => Err(error.into()),
    }
}
