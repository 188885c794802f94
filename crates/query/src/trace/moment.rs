//! Now, or an earlier time.

use jiff::Timestamp;

/// As of when an answer holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment(pub(crate) Option<Timestamp>);

impl Moment {
    /// Whether something that ended, if it did, was still so. Now, only what has not ended is.
    pub(crate) fn is_before(self, end: Option<Timestamp>) -> bool {
        match (end, self.0) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(end), Some(at)) => at < end,
        }
    }

    /// Whether something that began then had begun; what has no time counts as such.
    pub(crate) fn is_since(self, begin: Option<Timestamp>) -> bool {
        match (begin, self.0) {
            (Some(begin), Some(at)) => begin <= at,
            _ => true,
        }
    }

    /// Of several that followed each other and ended at these times, the one that held: the first that
    /// had not ended.
    pub(crate) fn current<T>(
        self,
        all: impl IntoIterator<Item = (T, Option<Timestamp>)>,
    ) -> Vec<(T, Option<Timestamp>)> {
        let mut left: Vec<_> = all
            .into_iter()
            .filter(|(_, end)| self.is_before(*end))
            .collect();
        let next = left.iter().filter_map(|(_, end)| *end).min();
        left.retain(|(_, end)| next.is_none() || *end == next);
        left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap_or_default()
    }

    #[test]
    fn what_held_then() {
        let (early, late) = (at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z"));
        let (now, then) = (Moment(None), Moment(Some(at("2026-01-15T00:00:00Z"))));
        assert!(now.is_before(None) && !now.is_before(Some(late)));
        assert!(then.is_before(Some(late)) && !then.is_before(Some(early)));
        assert!(then.is_since(Some(early)) && !then.is_since(Some(late)) && then.is_since(None));
        let ends = [('a', Some(early)), ('b', Some(late)), ('c', None)];
        assert_eq!(then.current(ends), [('b', Some(late))]);
        assert_eq!(now.current(ends), [('c', None)]);
    }
}
