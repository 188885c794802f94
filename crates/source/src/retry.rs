//! When to ask again.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use reqwest::{StatusCode, header::HeaderMap};

use crate::SourceError;

/// Waiting between attempts: exponential with jitter, but as long as the server asks for.
pub(crate) struct Waits {
    backoff: ExponentialBackoff,
    longest: Duration,
}

impl Waits {
    pub(crate) fn new(attempts: usize, first: Duration, longest: Duration) -> Self {
        let backoff = ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(first)
            .with_max_delay(longest)
            .with_max_times(attempts.saturating_sub(1))
            .build();
        Self { backoff, longest }
    }

    /// How long to wait before the next attempt; `None` to give up: all attempts are used, or the
    /// server asks for more patience than is allowed.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        let wait = self.backoff.next()?;
        match asked {
            Some(asked) if asked > self.longest => None,
            asked => Some(asked.unwrap_or(wait)),
        }
    }
}

/// How often something was asked for again. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Retries(Arc<AtomicU64>);

impl Retries {
    /// Once more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// So far.
    #[must_use]
    pub fn so_far(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// An attempt without an answer.
#[derive(Debug)]
pub enum Failed {
    /// The next one may get one.
    MayPass(SourceError),
    /// No other one will.
    Finally(SourceError),
}

impl Failed {
    /// Why.
    #[must_use]
    pub fn error(self) -> SourceError {
        match self {
            Self::MayPass(error) | Self::Finally(error) => error,
        }
    }
}

/// Whether the same request may succeed later, by the HTTP status of its answer.
#[must_use]
pub fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date (RFC 9110), else
/// `RateLimit-Reset` as GitLab sends it, in seconds since 1970.
pub(crate) fn asked_for(headers: &HeaderMap, status: StatusCode) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(text) = text("retry-after") {
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        return Some(until(date.timestamp()));
    }
    let reset: i64 = text("ratelimit-reset")?.parse().ok()?;
    (status == StatusCode::TOO_MANY_REQUESTS)
        .then(|| Timestamp::from_second(reset).ok().map(until))?
}

fn until(instant: Timestamp) -> Duration {
    let wait = instant.duration_since(Timestamp::now());
    Duration::try_from(wait).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        asked_for(&headers, StatusCode::TOO_MANY_REQUESTS)
    }

    #[test]
    fn waits_that_servers_ask_for() {
        assert_eq!(asked("retry-after", "7"), Some(Duration::from_secs(7)));
        let past = "Wed, 21 Oct 2015 07:28:00 GMT";
        assert_eq!(asked("retry-after", past), Some(Duration::ZERO));
        assert_eq!(asked("retry-after", "soon"), None);
        assert_eq!(asked("ratelimit-reset", "1000"), Some(Duration::ZERO));
        assert_eq!(asked("x-else", "7"), None);
    }

    #[test]
    fn waits_end() {
        let second = Duration::from_secs(1);
        let mut waits = Waits::new(3, Duration::from_millis(1), second);
        assert!(waits.next(None).is_some());
        assert_eq!(waits.next(Some(second)), Some(second));
        assert_eq!(waits.next(None), None);
        let mut waits = Waits::new(3, Duration::from_millis(1), second);
        assert_eq!(waits.next(Some(2 * second)), None);
    }
}
