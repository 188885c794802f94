//! Where observations go.

use std::fmt;

use polar_model::Observation;
use tokio::sync::mpsc;

use crate::SourceError;

/// Observations that may wait between an observer and whoever takes them: the observer waits then.
const WAITING: usize = 1024;

/// What an observer hands out.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// A fact.
    Observation(Box<Observation>),
    /// Something that could not be read; the rest still is.
    Problem(Problem),
}

/// Something that could not be read. What it belongs to is not read completely then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: an address without its query, a namespace and a name, …
    pub place: String,
    /// Why, and what to do about it.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.reason)
    }
}

/// How a reading ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Whether everything was read.
    pub complete: bool,
    /// Things that could not be read.
    pub problems: u64,
}

/// Takes what an observer sees, one by one; waits where whoever reads is slower.
#[derive(Debug, Clone)]
pub struct Sink {
    sender: mpsc::Sender<Seen>,
}

impl Sink {
    /// A sink, and the end at which its contents come out.
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<Seen>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self { sender }, receiver)
    }

    /// Lets `read` fill a sink, and collects what comes out: for readings that are known to be small.
    pub async fn collect<T>(
        read: impl AsyncFnOnce(&Self) -> T,
    ) -> (T, Vec<Observation>, Vec<Problem>) {
        let (sink, mut seen) = Self::channel();
        let reading = async move { read(&sink).await };
        let collecting = async move {
            let (mut observations, mut problems) = (Vec::new(), Vec::new());
            while let Some(seen) = seen.recv().await {
                match seen {
                    Seen::Observation(observation) => observations.push(*observation),
                    Seen::Problem(problem) => problems.push(problem),
                }
            }
            (observations, problems)
        };
        let (done, (observations, problems)) = tokio::join!(reading, collecting);
        (done, observations, problems)
    }

    /// Hands out an observation.
    ///
    /// # Errors
    /// [`SourceError::Closed`] if nobody takes it any more.
    pub async fn observe(&self, observation: Observation) -> Result<(), SourceError> {
        self.send(Seen::Observation(Box::new(observation))).await
    }

    /// Hands out a problem.
    ///
    /// # Errors
    /// [`SourceError::Closed`] if nobody takes it any more.
    pub async fn problem(
        &self,
        place: impl Into<String>,
        reason: impl fmt::Display,
    ) -> Result<(), SourceError> {
        let problem = Problem {
            place: place.into(),
            reason: reason.to_string(),
        };
        tracing::debug!(%problem, "left out");
        self.send(Seen::Problem(problem)).await
    }

    async fn send(&self, seen: Seen) -> Result<(), SourceError> {
        let sent = self.sender.send(seen).await;
        sent.map_err(|_| SourceError::Closed)
    }
}
