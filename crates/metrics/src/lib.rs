//! What the agent tells of itself: numbers, and their rendering in Prometheus' text format.
//!
//! It knows neither the graph nor the sources nor who asks: it is told what happened, and by what
//! time it is to say how old something is.
//!
//! Invariants: labels are names of rules, kinds of findings and names of sources, which follow from
//! rules and configuration, never from data; each counter of a known name is there from the start
//! with 0, so that its first increase is seen as one.

mod family;
mod outcome;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, SystemTime},
};

use prometheus_client::{
    encoding::prometheus_text,
    metrics::{counter::Counter, gauge::Gauge, info::Info},
    registry::Registry,
};

use family::{Counters, Gauges, Histograms, Numbers, Seconds, one, two};
pub use outcome::{PassKind, PassOutcome, ReadingOutcome};

/// The type of what [`Metrics::render`] yields.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

const PREFIX: &str = "polar_provenance";

/// What the agent is, and what it works on.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Version of the program.
    pub version: String,
    /// `neo4j` or `embedded`.
    pub graph: &'static str,
    /// Names of the rules.
    pub rules: Vec<String>,
    /// Names of the sources.
    pub sources: Vec<String>,
}

/// What a pass did with one rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleFigures {
    /// Links or findings created.
    pub created: u64,
    /// Links or findings removed.
    pub removed: u64,
    /// How many hold, if they were counted.
    pub matched: Option<u64>,
    /// Time taken.
    pub took: Duration,
}

/// When a source was read completely last.
#[derive(Debug, Clone, Copy)]
enum Age {
    /// Then.
    Complete(SystemTime),
    /// Never yet, and it has been tried since then.
    Never(SystemTime),
}

/// The numbers. All of it can be told and asked at the same time.
pub struct Metrics {
    registry: Registry,
    passes: Counters<2>,
    pass_seconds: Histograms<1>,
    rule_seconds: Seconds<1>,
    created: Counters<1>,
    removed: Counters<1>,
    matched: Gauges<1>,
    findings: Gauges<2>,
    readings: Counters<2>,
    reading_seconds: Histograms<1>,
    observations: Counters<1>,
    problems: Counters<1>,
    source_age: Numbers<1>,
    ages: Mutex<BTreeMap<String, Age>>,
    source_retries: Counters<1>,
    graph_retries: Counter,
    writer: Gauge,
    lease_losses: Counter,
    change: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// All numbers at 0.
    #[must_use]
    pub fn new(setup: &Setup) -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let build = Info::new(vec![
            ("version", setup.version.clone()),
            ("graph", setup.graph.to_owned()),
        ]);
        registry.register(
            "build",
            "Version of the agent, and the kind of its graph",
            build,
        );
        let metrics = Self {
            passes: family::register(
                &mut registry,
                "passes",
                "Passes, by kind (full, incremental, unknown if it failed) and outcome (done, failed, stopped, cut_off)",
            ),
            pass_seconds: family::histograms(
                &mut registry,
                "pass_duration_seconds",
                "Time that passes took, failed ones included",
            ),
            rule_seconds: family::register(
                &mut registry,
                "rule_seconds",
                "Time that rules took in passes, in seconds",
            ),
            created: family::register(
                &mut registry,
                "rule_created",
                "Links and findings created, by rule",
            ),
            removed: family::register(
                &mut registry,
                "rule_removed",
                "Links and findings removed, by rule",
            ),
            matched: family::register(
                &mut registry,
                "rule_matched",
                "Links and findings of a rule that held after the last full pass of this writer",
            ),
            findings: family::register(
                &mut registry,
                "findings",
                "Findings in the graph, by kind and severity, as of this writer's last count",
            ),
            readings: family::register(
                &mut registry,
                "source_readings",
                "Readings of sources, by outcome (complete, incomplete, failed, stopped)",
            ),
            reading_seconds: family::histograms(
                &mut registry,
                "source_reading_duration_seconds",
                "Time that readings of sources took, their writing included",
            ),
            observations: family::register(
                &mut registry,
                "source_observations",
                "Observations taken in, by source",
            ),
            problems: family::register(
                &mut registry,
                "source_problems",
                "Things of a source that could not be read; the rest was",
            ),
            source_age: family::register(
                &mut registry,
                "source_age_seconds",
                "Time since the end of the last complete reading of a source, or, if there was \
                 none, since this writer first tried; told by the writer only",
            ),
            source_retries: family::register(
                &mut registry,
                "source_retries",
                "Requests to sources that were made again after a failure that may pass",
            ),
            graph_retries: family::register(
                &mut registry,
                "graph_retries",
                "Transactions that were tried again after a deadlock or another transient error",
            ),
            writer: family::register(
                &mut registry,
                "writer",
                "1 while this replica holds the writer's lease, 0 while it stands by",
            ),
            lease_losses: family::register(
                &mut registry,
                "lease_losses",
                "How often this replica lost the writer's lease, or could not renew it",
            ),
            change: family::register(
                &mut registry,
                "change_seen",
                "Number of the last change of facts that a pass of this writer has seen",
            ),
            ages: Mutex::default(),
            registry,
        };
        metrics.begin_at_zero(setup);
        metrics
    }

    fn begin_at_zero(&self, setup: &Setup) {
        for outcome in PassOutcome::ALL {
            for kind in outcome.kinds() {
                let labels = two(("kind", kind.name()), ("outcome", outcome.name()));
                drop(self.passes.get_or_create(&labels));
            }
        }
        for rule in &setup.rules {
            let labels = one("rule", rule);
            drop(self.created.get_or_create(&labels));
            drop(self.removed.get_or_create(&labels));
            drop(self.rule_seconds.get_or_create(&labels));
        }
        for source in &setup.sources {
            let labels = one("source", source);
            drop(self.observations.get_or_create(&labels));
            drop(self.problems.get_or_create(&labels));
            drop(self.source_retries.get_or_create(&labels));
            for outcome in ReadingOutcome::ALL {
                let labels = two(("source", source), ("outcome", outcome.name()));
                drop(self.readings.get_or_create(&labels));
            }
        }
    }

    /// A pass has ended.
    pub fn pass(&self, kind: PassKind, outcome: PassOutcome, took: Duration) {
        let labels = two(("kind", kind.name()), ("outcome", outcome.name()));
        self.passes.get_or_create(&labels).inc();
        let labels = one("kind", kind.name());
        let histogram = self.pass_seconds.get_or_create(&labels);
        histogram.observe(took.as_secs_f64());
    }

    /// A pass did this with a rule.
    pub fn rule(&self, rule: &str, figures: &RuleFigures) {
        let labels = one("rule", rule);
        self.created.get_or_create(&labels).inc_by(figures.created);
        self.removed.get_or_create(&labels).inc_by(figures.removed);
        let seconds = self.rule_seconds.get_or_create(&labels);
        seconds.inc_by(figures.took.as_secs_f64());
        if let Some(matched) = figures.matched {
            self.matched.get_or_create(&labels).set(whole(matched));
        }
    }

    /// The findings that there are, by kind and severity; all others are none.
    pub fn findings<'f>(&self, counts: impl IntoIterator<Item = (&'f str, &'f str, u64)>) {
        self.findings.clear();
        for (kind, severity, number) in counts {
            let labels = two(("kind", kind), ("severity", severity));
            self.findings.get_or_create(&labels).set(whole(number));
        }
    }

    /// A pass has seen all changes of facts up to this one.
    pub fn change_seen(&self, number: i64) {
        self.change.set(number);
    }

    /// Whether this writer knows how old its last complete reading of a source is.
    #[must_use]
    pub fn knows_age(&self, source: &str) -> bool {
        matches!(self.ages().get(source), Some(Age::Complete(_)))
    }

    /// A source is about to be read; `complete_at` is when it was read completely last, if that is
    /// known.
    pub fn reading_begins(&self, source: &str, now: SystemTime, complete_at: Option<SystemTime>) {
        let mut ages = self.ages();
        let known = ages.get(source);
        match (known, complete_at) {
            (None | Some(Age::Never(_)), Some(at)) => {
                ages.insert(source.to_owned(), Age::Complete(at));
            }
            (None, None) => {
                ages.insert(source.to_owned(), Age::Never(now));
            }
            (Some(_), _) => {}
        }
    }

    /// A reading has ended.
    pub fn reading(&self, source: &str, outcome: ReadingOutcome, took: Duration, now: SystemTime) {
        let labels = two(("source", source), ("outcome", outcome.name()));
        self.readings.get_or_create(&labels).inc();
        let histogram = self.reading_seconds.get_or_create(&one("source", source));
        histogram.observe(took.as_secs_f64());
        if outcome == ReadingOutcome::Complete {
            self.ages().insert(source.to_owned(), Age::Complete(now));
        }
    }

    /// Observations of a source were taken in.
    pub fn observed(&self, source: &str, number: u64) {
        let labels = one("source", source);
        self.observations.get_or_create(&labels).inc_by(number);
    }

    /// Something of a source could not be read.
    pub fn problem(&self, source: &str) {
        self.problems.get_or_create(&one("source", source)).inc();
    }

    /// How often requests to a source were made again so far.
    pub fn source_retries(&self, source: &str, so_far: u64) {
        let counter = self.source_retries.get_or_create(&one("source", source));
        counter.inner().store(so_far, Ordering::Relaxed);
    }

    /// How often transactions were tried again so far.
    pub fn graph_retries(&self, so_far: u64) {
        self.graph_retries.inner().store(so_far, Ordering::Relaxed);
    }

    /// This replica holds the lease.
    pub fn writes(&self) {
        self.writer.set(1);
    }

    /// This replica stands by. What it knew as a writer, another one knows better from now on.
    pub fn stands_by(&self) {
        self.writer.set(0);
        self.findings.clear();
        self.matched.clear();
        self.ages().clear();
    }

    /// The lease was lost.
    pub fn lease_lost(&self) {
        self.lease_losses.inc();
    }

    /// The text for Prometheus ([`CONTENT_TYPE`]); ages are those at `now`.
    #[must_use]
    pub fn render(&self, now: SystemTime) -> String {
        // Held to the end: two who ask at a time must not clear each other's ages.
        let ages = self.ages();
        self.source_age.clear();
        for (source, age) in &*ages {
            let (Age::Complete(at) | Age::Never(at)) = age;
            // A clock that was set back makes nothing younger than new.
            let age = now.duration_since(*at).unwrap_or_default();
            let gauge = self.source_age.get_or_create(&one("source", source));
            gauge.set(age.as_secs_f64());
        }
        let mut text = String::new();
        match prometheus_text::encode(&mut text, &self.registry) {
            // Writing to a text does not fail.
            Ok(()) | Err(fmt::Error) => text,
        }
    }

    fn ages(&self) -> MutexGuard<'_, BTreeMap<String, Age>> {
        self.ages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
