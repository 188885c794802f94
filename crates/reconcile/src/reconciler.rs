//! Pass after pass: what changed since the last one, and all of it now and then.

use std::time::Duration;

use polar_graph::GraphStore;
use polar_rules::Rule;
use tokio::time::Instant;

use crate::{Mode, PassError, PassSummary, Stop, pass, wake::last_change};

/// Runs passes. It remembers how far the last one saw; what it forgets, with its process or after a
/// failure, costs a full pass and nothing else.
pub struct Reconciler {
    rules: Vec<Rule>,
    full_every: Duration,
    /// The last change of facts that the last pass saw.
    seen: Option<i64>,
    full_at: Option<Instant>,
}

impl Reconciler {
    /// Passes of these rules, in this order, over the whole graph at least each `full_every`.
    #[must_use]
    pub fn new(rules: Vec<Rule>, full_every: Duration) -> Self {
        Self {
            rules,
            full_every,
            seen: None,
            full_at: None,
        }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The number of the last change of facts that a whole pass saw; none after a failure.
    #[must_use]
    pub fn seen(&self) -> Option<i64> {
        self.seen
    }

    /// One pass: over the whole graph the first time, after a failure and when it is time; else over
    /// what changed. Where nothing changed it reads one row.
    ///
    /// # Errors
    /// [`PassError`] names the rule that failed.
    pub async fn pass(
        &mut self,
        store: &dyn GraphStore,
        stop: &Stop,
        progress: &mut (dyn FnMut(&Rule, u64) + Send),
    ) -> Result<PassSummary, PassError> {
        let is_due = |at: Instant| at.elapsed() >= self.full_every;
        let since = match self.full_at {
            Some(at) if !is_due(at) => self.seen,
            _ => None,
        };
        // Whatever breaks off leaves links without what follows from them.
        self.seen = None;
        let last = last_change(store).await.map_err(PassError::Changes)?;
        let summary = if since == Some(last) {
            PassSummary::nothing_new(stop)
        } else {
            pass::run(store, &self.rules, Mode::Apply, stop, progress, since).await?
        };
        if !summary.stopped {
            self.seen = Some(last);
            if summary.full {
                self.full_at = Some(Instant::now());
            }
        }
        Ok(summary)
    }
}
