//! The questions.

pub(super) mod commit;
pub(super) mod deployed;
pub(super) mod diff;
pub(super) mod export;
pub(super) mod findings;
pub(super) mod gate;
pub(super) mod orphans;
pub(super) mod place;
pub(super) mod retags;
pub(super) mod status;
pub(super) mod trace;
pub(super) mod unreviewed;
pub(super) mod unverified;
pub(super) mod who_built;

use std::{
    io::{self, StdoutLock, Write},
    process::ExitCode,
    sync::Arc,
};

use polar_graph::GraphStore;
use polar_normalize::Options;
use polar_query::{ImageTarget, Kind, Target, TargetError, resolve};
use serde::Serialize;

use crate::{
    cli::{Format, Gated, Global},
    config::Config,
    exit, graph,
    print::{Painted, stdout},
};

/// What every question needs.
pub(super) struct Asking {
    pub(super) store: Arc<dyn GraphStore>,
    /// How references are read.
    pub(super) options: Options,
    pub(super) format: Format,
}

impl Asking {
    pub(super) async fn new(global: &Global) -> anyhow::Result<Self> {
        Ok(Self {
            options: Config::load(global)?.options()?,
            store: graph::open(&graph::chosen(global)?).await?,
            format: global.format.unwrap_or(Format::Table),
        })
    }

    /// What a text means, of these kinds.
    async fn target(&self, text: &str, kinds: &[Kind]) -> Result<Target, TargetError> {
        resolve(self.store.as_ref(), &self.options, text, kinds).await
    }

    /// The image that a text means.
    async fn image(&self, text: &str) -> Result<ImageTarget, TargetError> {
        match self.target(text, &[Kind::Image]).await? {
            Target::Image(image) => Ok(image),
            // Nothing else was asked for.
            _ => Err(TargetError::Unknown {
                target: text.to_owned(),
                kinds: vec![Kind::Image],
                similar: Vec::new(),
            }),
        }
    }

    /// Prints an answer, for people by `print`.
    fn tell<T: Serialize>(
        &self,
        answer: &T,
        print: impl FnOnce(&mut Painted<StdoutLock<'static>>, &T) -> io::Result<()>,
    ) -> anyhow::Result<()> {
        if self.format == Format::Json {
            document(answer)
        } else {
            let mut out = stdout();
            print(&mut out, answer)?;
            Ok(out.flush()?)
        }
    }
}

/// Prints an answer as one JSON document.
pub(super) fn document(answer: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, answer).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(())
}

/// How to exit with an answer that is negative, or is not.
pub(super) fn outcome(gated: Gated, is_negative: bool) -> ExitCode {
    if gated.exit_code && is_negative {
        ExitCode::from(exit::NEGATIVE)
    } else {
        ExitCode::SUCCESS
    }
}
