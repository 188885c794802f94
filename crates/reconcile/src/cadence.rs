//! A pass again and again.

use std::{future::Future, time::Duration};

use crate::Stop;

/// How often, and how evenly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cadence {
    /// Time between the end of a pass and the begin of the next.
    pub every: Duration,
    /// Up to this part of `every` is added or taken off at random, so that replicas that were
    /// started together do not stay together. From 0 to 1.
    pub jitter: f64,
}

impl Cadence {
    /// The next wait.
    #[must_use]
    pub fn next_wait(&self) -> Duration {
        let part = 1.0 + self.jitter.clamp(0.0, 1.0) * (2.0 * fastrand::f64() - 1.0);
        self.every.mul_f64(part.max(0.0))
    }
}

/// Runs `once` on a cadence until `stop` is asked for, which also ends a wait. What `once` does about its own failure is its business: the next tick is the
/// retry.
pub async fn run_on_cadence<F: Future<Output = ()>>(
    cadence: Cadence,
    stop: &Stop,
    mut once: impl FnMut() -> F,
) {
    while !stop.asked() {
        once().await;
        if stop.asked() {
            break;
        }
        tokio::select! {
            () = tokio::time::sleep(cadence.next_wait()) => {}
            () = stop.wait() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_within_the_jitter() {
        let cadence = Cadence {
            every: Duration::from_secs(100),
            jitter: 0.1,
        };
        for _ in 0..1000 {
            let wait = cadence.next_wait().as_secs_f64();
            assert!((90.0..=110.0).contains(&wait), "{wait}");
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn it_repeats_until_it_is_asked_to_stop() {
        let stop = Stop::default();
        let mut runs = 0;
        let cadence = Cadence {
            every: Duration::from_millis(1),
            jitter: 0.0,
        };
        run_on_cadence(cadence, &stop, || {
            runs += 1;
            if runs == 3 {
                stop.ask();
            }
            async {}
        })
        .await;
        assert_eq!(runs, 3);
    }
}
