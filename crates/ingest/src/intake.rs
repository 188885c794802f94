//! Taking observations in, line by line or one by one.

use std::{collections::BTreeMap, io::BufRead, sync::Arc, task::Poll};

use futures_util::{
    future::{BoxFuture, join},
    poll,
};
use jiff::Timestamp;
use polar_graph::{Counters, GraphError, GraphStore, SPANS};
use polar_model::{Observation, ParsedLine, parse_line};
use polar_normalize::Options;
use tracing::Instrument;

use crate::{
    Facts, NodeFact, Reading,
    batch::{Batch, Compared},
    bounds::{self, BATCH_BYTES, Indexed, LONGEST_LINE, Line, shorten},
    changes::Changes,
    facts,
    readings::{self, Readings},
};

/// Observations in one transaction: large enough that the round trips do not count, small enough
/// for a server with little memory.
pub const BATCH: usize = 2000;

/// What became of the observations.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Lines read, blank ones included.
    pub lines: u64,
    /// Observations taken in.
    pub observations: u64,
    /// Lines that are no observation, and observations that cannot be taken in.
    pub bad_lines: u64,
    /// Lines of types that this build does not know, by type.
    pub unknown_types: BTreeMap<String, u64>,
    /// Fields that are not in the schema, by `type.field`; they were left out.
    pub unknown_fields: BTreeMap<String, u64>,
    /// References in observations that cannot be joined.
    pub unresolvable: u64,
    /// What was written.
    pub written: Counters,
}

/// Something that the user should see, as it is met.
#[derive(Debug, Clone, PartialEq)]
pub enum Problem {
    /// A line is no observation, or one that cannot be taken in; it was left out.
    BadLine {
        /// Line number from 1; 0 if the observation came from no line.
        line: u64,
        /// Why.
        reason: String,
    },
    /// The end of a complete reading was left out, since something within the reading was.
    Incomplete {
        /// Line number from 1; 0 if the observation came from no line.
        line: u64,
        /// Kind and name of what was read.
        scope: String,
    },
    /// A type that this build does not know was met for the first time.
    UnknownType {
        /// Line number from 1.
        line: u64,
        /// The type.
        name: String,
    },
    /// A field that is not in the schema was met for the first time.
    UnknownField {
        /// Line number from 1.
        line: u64,
        /// `type.field`.
        field: String,
    },
    /// A reference cannot be joined; the observation was taken in without it.
    Unresolvable {
        /// Line number from 1; 0 if the observation came from no line.
        line: u64,
        /// The reference as written.
        image: String,
        /// Why.
        reason: String,
    },
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BadLine { line: 0, reason } => write!(f, "left out: {reason}"),
            Self::Incomplete { line, scope } => write!(
                f,
                "{line}: {scope} does not count as read completely: something of it was left out"
            ),
            Self::BadLine { line, reason } => write!(f, "{line}: left out: {reason}"),
            Self::UnknownType { line, name } => write!(
                f,
                "{line}: left out: unknown type `{name}`; further ones are only counted"
            ),
            Self::UnknownField { line, field } => write!(
                f,
                "{line}: unknown field `{field}` left out; further ones are only counted"
            ),
            Self::Unresolvable {
                line,
                image,
                reason,
            } => write!(f, "{line}: image `{image}` joins nothing: {reason}"),
        }
    }
}

type Writing<'a> = BoxFuture<'a, Result<Counters, GraphError>>;

/// A batch that is being written.
struct Behind<'a> {
    writing: Writing<'a>,
    changes: Arc<Changes>,
}

/// An intake into one store.
pub struct Ingest<'a> {
    store: &'a dyn GraphStore,
    waiting: Vec<Facts>,
    /// Bytes of what waits.
    waiting_bytes: usize,
    indexed: Indexed,
    /// The batch before: it is written while the next one is read and compared.
    behind: Option<Behind<'a>>,
    /// Whether the graph had most of the batch before, and so perhaps has most of the next.
    known: bool,
    readings: Readings,
    options: Options,
    batch: usize,
    report: Report,
    problem: Box<dyn FnMut(Problem) + Send + 'a>,
    now: Box<dyn Fn() -> Timestamp + Send + 'a>,
}

impl<'a> Ingest<'a> {
    /// An intake that hands each problem to `problem` as it meets it.
    pub fn new(store: &'a dyn GraphStore, problem: impl FnMut(Problem) + Send + 'a) -> Self {
        Self {
            store,
            waiting: Vec::new(),
            waiting_bytes: 0,
            indexed: Indexed::new(),
            behind: None,
            known: false,
            readings: Readings::default(),
            options: Options::default(),
            batch: BATCH,
            report: Report::default(),
            problem: Box::new(problem),
            now: Box::new(Timestamp::now),
        }
    }

    /// Reads image references as `options` say.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Takes in so many observations in one transaction instead of [`BATCH`].
    #[must_use]
    pub fn with_batch(mut self, observations: usize) -> Self {
        self.batch = observations;
        self
    }

    /// Takes `now` for the time of changes.
    #[must_use]
    pub fn with_clock(mut self, now: impl Fn() -> Timestamp + Send + 'a) -> Self {
        self.now = Box::new(now);
        self
    }

    /// Takes in a whole source of lines. `progress` is told the number of lines so far after each
    /// batch. Lines are numbered from 1.
    ///
    /// # Errors
    /// If the graph is out of reach; what was written before stays.
    pub async fn lines(
        &mut self,
        mut source: impl BufRead + Send,
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<(), IngestError> {
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            let read = bounds::read_line(&mut source, &mut line)?;
            number += 1;
            match read {
                Line::End => break,
                Line::Whole => self.line(number, &line).await?,
                Line::TooLong(length) => {
                    self.report.lines += 1;
                    let reason = format!("a line of {length} bytes, of at most {LONGEST_LINE}");
                    self.leave_out(number, reason);
                }
            }
            if self.waiting.is_empty() {
                progress(number);
            }
        }
        self.flush().await?;
        progress(number - 1);
        Ok(())
    }

    /// Takes in one line.
    async fn line(&mut self, line: u64, bytes: &[u8]) -> Result<(), GraphError> {
        self.report.lines += 1;
        let parsed = std::str::from_utf8(bytes)
            .map_err(|error| format!("not UTF-8: {error}"))
            .and_then(|text| parse_line(text).map_err(|error| error.to_string()));
        match parsed {
            Err(reason) => self.leave_out(line, shorten(&reason)),
            Ok(ParsedLine::Blank) => {}
            Ok(ParsedLine::UnknownType(name)) => {
                let name = shorten(&name);
                if count(&mut self.report.unknown_types, name.clone()) == 1 {
                    (self.problem)(Problem::UnknownType { line, name });
                }
            }
            Ok(ParsedLine::Known {
                observation,
                unknown_fields,
            }) => {
                for field in unknown_fields {
                    let field = format!("{}.{}", observation.type_name(), shorten(&field));
                    if count(&mut self.report.unknown_fields, field.clone()) == 1 {
                        (self.problem)(Problem::UnknownField { line, field });
                    }
                }
                self.take(line, &observation).await?;
            }
        }
        Ok(())
    }

    /// Takes in one observation that came from no line.
    ///
    /// # Errors
    /// If the graph is out of reach.
    pub async fn observation(&mut self, observation: &Observation) -> Result<(), GraphError> {
        self.take(0, observation).await
    }

    /// Leaves something out, and says so. What it would have seen must not be taken for gone.
    fn leave_out(&mut self, line: u64, reason: String) {
        self.report.bad_lines += 1;
        self.readings.miss();
        (self.problem)(Problem::BadLine { line, reason });
    }

    async fn take(&mut self, line: u64, observation: &Observation) -> Result<(), GraphError> {
        let facts = facts(observation, &self.options);
        if let Some(reason) = self.indexed.too_long(&facts) {
            self.leave_out(line, format!("{}: {reason}", observation.type_name()));
            return Ok(());
        }
        self.report.observations += 1;
        for (image, reason) in &facts.unresolvable {
            self.report.unresolvable += 1;
            (self.problem)(Problem::Unresolvable {
                line,
                image: shorten(image),
                reason: shorten(reason),
            });
        }
        match &facts.reading {
            Some(Reading::Started(scope)) => self.readings.start(scope),
            Some(Reading::Complete(scope, _)) if self.readings.end_if_missed(scope) => {
                let scope = format!("{} {}", scope.kind, scope.name);
                (self.problem)(Problem::Incomplete { line, scope });
                return Ok(());
            }
            Some(Reading::Complete(scope, at)) => {
                self.flush().await?;
                let (store, now) = (self.store, (self.now)());
                self.report.written += self.readings.complete(store, scope, *at, now).await?;
            }
            None => self.readings.saw(&facts),
        }
        self.waiting_bytes += bounds::size(&facts);
        self.waiting.push(facts);
        if self.waiting.len() >= self.batch || self.waiting_bytes >= BATCH_BYTES {
            self.next_batch().await?;
        }
        Ok(())
    }

    /// Takes in that what these observations are about is gone: what they would have seen is marked
    /// so, where the graph knows it and does not say so yet.
    ///
    /// # Errors
    /// If the graph is out of reach.
    pub async fn gone(&mut self, observations: &[Observation]) -> Result<(), GraphError> {
        self.flush().await?;
        let facts = observations.iter().map(|o| facts(o, &self.options));
        let nodes = facts.flat_map(|facts| facts.nodes);
        let nodes = nodes
            .filter(NodeFact::is_there)
            .map(|node| (node.label, node.key));
        let (store, nodes, now) = (self.store, nodes.collect(), (self.now)());
        self.report.written += readings::gone(store, &nodes, now).await?;
        Ok(())
    }

    /// Writes what waits, to its end.
    ///
    /// # Errors
    /// If the graph is out of reach; nothing of the batch that failed is written then, nor of what came after it.
    pub async fn flush(&mut self) -> Result<(), GraphError> {
        self.next_batch().await?;
        self.settle().await
    }

    /// Compares what waits with the graph, and begins to write it once the batch before is written.
    async fn next_batch(&mut self) -> Result<(), GraphError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let observations = self.waiting.len();
        let span = tracing::info_span!(target: SPANS, "ingest batch", observations);
        self.compare_and_write().instrument(span).await
    }

    async fn compare_and_write(&mut self) -> Result<(), GraphError> {
        let (store, now) = (self.store, (self.now)());
        self.waiting_bytes = 0;
        let batch = Batch::of(std::mem::take(&mut self.waiting));
        let overtakes = |behind: &Behind| batch.can_overtake(&behind.changes);
        if !self.behind.as_ref().is_none_or(overtakes) {
            self.settle().await?;
        }
        let Compared { changes, known } = match self.behind.take() {
            None => {
                let nothing = Changes::default();
                batch.compare(store, &nothing, self.known, now).await?
            }
            Some(Behind { writing, changes }) => {
                let compared = batch.compare(store, &changes, self.known, now);
                let (compared, written) = join(compared, writing).await;
                self.report.written += written?;
                compared?
            }
        };
        self.known = known;
        if !changes.is_empty() {
            let changes = Arc::new(changes);
            let mut writing: Writing<'_> = Box::pin(Arc::clone(&changes).write(store));
            // Asked once, the store begins; this goes on with the next lines meanwhile.
            if let Poll::Ready(written) = poll!(&mut writing) {
                self.report.written += written?;
            } else {
                self.behind = Some(Behind { writing, changes });
            }
        }
        Ok(())
    }

    /// Waits until the batch before is written.
    async fn settle(&mut self) -> Result<(), GraphError> {
        if let Some(behind) = self.behind.take() {
            self.report.written += behind.writing.await?;
        }
        Ok(())
    }

    /// What became of the observations so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// Why an intake stopped.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The source cannot be read further.
    #[error("cannot read: {0}")]
    Read(#[from] std::io::Error),
    /// The graph.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

fn count(counts: &mut BTreeMap<String, u64>, name: String) -> u64 {
    let count = counts.entry(name).or_default();
    *count += 1;
    *count
}
