//! Whether the agent's loops turn. A loop says that it is at work, or how long it is about to rest;
//! one that is silent for much longer is hung, and only a new process helps.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// When a loop was heard of, and how long it said it would rest.
#[derive(Debug, Clone, Copy)]
struct Beat {
    at: Instant,
    rest: Duration,
}

/// The loops that run, by name.
#[derive(Debug)]
pub(crate) struct Pulse {
    silence: Duration,
    loops: Mutex<BTreeMap<String, Beat>>,
}

impl Pulse {
    /// No loop yet; each may be silent for `silence`.
    pub(crate) fn new(silence: Duration) -> Self {
        Self {
            silence,
            loops: Mutex::default(),
        }
    }

    /// A loop is at work.
    pub(crate) fn beat(&self, name: &str) {
        self.rests(name, Duration::ZERO);
    }

    /// A loop has done its turn and begins the next one after `rest` at the latest.
    pub(crate) fn rests(&self, name: &str, rest: Duration) {
        let beat = Beat {
            at: Instant::now(),
            rest,
        };
        let mut loops = self.loops();
        match loops.get_mut(name) {
            Some(known) => *known = beat,
            None => drop(loops.insert(name.to_owned(), beat)),
        }
    }

    /// A loop has come to its end, as it should.
    pub(crate) fn ends(&self, name: &str) {
        self.loops().remove(name);
    }

    /// Loops that are silent for too long, and for how long.
    pub(crate) fn hung(&self) -> Vec<(String, Duration)> {
        let loops = self.loops();
        let silent = loops
            .iter()
            .map(|(name, beat)| (name, beat.at.elapsed(), beat.rest));
        silent
            .filter(|(_, silent, rest)| *silent > rest.saturating_add(self.silence))
            .map(|(name, silent, _)| (name.clone(), silent))
            .collect()
    }

    fn loops(&self) -> MutexGuard<'_, BTreeMap<String, Beat>> {
        self.loops.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pulse: &Pulse) -> Vec<String> {
        pulse.hung().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_loop_that_is_silent_for_too_long_is_hung_until_it_is_heard_of_again() {
        let pulse = Pulse::new(Duration::from_millis(20));
        pulse.beat("passes");
        pulse.rests("lease", Duration::from_secs(60));
        pulse.beat("ended");
        pulse.ends("ended");
        assert_eq!(names(&pulse), [""; 0]);
        std::thread::sleep(Duration::from_millis(40));
        assert_eq!(names(&pulse), ["passes"]);
        pulse.beat("passes");
        assert_eq!(names(&pulse), [""; 0]);
    }

    #[test]
    fn endless_rest_is_no_overflow() {
        let pulse = Pulse::new(Duration::MAX);
        pulse.rests("lease", Duration::MAX);
        assert_eq!(names(&pulse), [""; 0]);
    }
}
