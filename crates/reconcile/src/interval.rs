//! From sightings, each true at its time, to the intervals in which each thing was current. Pure, and
//! the same for the same sightings in any order.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// What one match of a rule says about a thing.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sighting {
    /// The thing, by its id.
    pub(crate) target: String,
    /// The same in any store.
    pub(crate) key: String,
    /// When it became current.
    pub(crate) at: Vec<Timestamp>,
    /// When it was found to be current no longer.
    pub(crate) until: Vec<Timestamp>,
    /// Who made it so.
    pub(crate) by: Option<String>,
    pub(crate) grounds: Grounds,
    /// Whether it counts only before all others.
    pub(crate) before_others: bool,
}

/// What speaks for a sighting.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Grounds {
    pub(crate) rule: String,
    pub(crate) evidence: String,
    pub(crate) confidence: f64,
}

/// A time in which a thing was current.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Interval {
    pub(crate) target: String,
    pub(crate) from: Timestamp,
    /// Absent while it lasts.
    pub(crate) until: Option<Timestamp>,
    pub(crate) by: Option<String>,
    pub(crate) grounds: Grounds,
}

/// A moment of one thing. An end comes before a beginning at the same time; of two beginnings the
/// better founded one is the later, and so the one that lasts.
struct Moment<'a> {
    at: Timestamp,
    target: &'a str,
    key: &'a str,
    begins: Option<&'a Grounds>,
}

impl Moment<'_> {
    fn order(&self) -> (Timestamp, bool) {
        (self.at, self.begins.is_some())
    }
}

/// The intervals that follow from sightings, by the time they begin.
pub(crate) fn intervals(sightings: &[Sighting]) -> Vec<Interval> {
    let begun = |sighting: &&Sighting| !sighting.before_others;
    let first = sightings
        .iter()
        .filter(begun)
        .flat_map(|sighting| &sighting.at);
    let first = first.min().copied();
    let counts = |sighting: &Sighting, at: Timestamp| {
        !sighting.before_others || first.is_none_or(|first| at < first)
    };
    let mut moments = Vec::new();
    for sighting in sightings {
        let (target, key) = (sighting.target.as_str(), sighting.key.as_str());
        let begins = sighting.at.iter().filter(|at| counts(sighting, **at));
        moments.extend(begins.map(|at| Moment {
            at: *at,
            target,
            key,
            begins: Some(&sighting.grounds),
        }));
        moments.extend(sighting.until.iter().map(|at| Moment {
            at: *at,
            target,
            key,
            begins: None,
        }));
    }
    moments.sort_by(|a, b| {
        let grounds = |moment: &Moment<'_>| moment.begins.map(|grounds| grounds.confidence);
        let text = |moment: &Moment<'_>| {
            moment
                .begins
                .map(|grounds| (grounds.rule.clone(), grounds.evidence.clone()))
        };
        a.order()
            .cmp(&b.order())
            .then_with(|| {
                grounds(a)
                    .partial_cmp(&grounds(b))
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
            .then_with(|| b.key.cmp(a.key))
            .then_with(|| text(b).cmp(&text(a)))
    });
    walk(&moments, &producers(sightings))
}

fn walk(moments: &[Moment<'_>], producers: &BTreeMap<&str, &str>) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::new();
    for moment in moments {
        let open = intervals.last_mut().filter(|last| last.until.is_none());
        let is_current = open
            .as_ref()
            .is_some_and(|open| open.target == moment.target);
        match (open, moment.begins) {
            // The same moment, better founded.
            (Some(open), Some(grounds)) if is_current && open.from == moment.at => {
                open.grounds = grounds.clone();
            }
            (Some(open), None) if is_current => open.until = Some(moment.at),
            (_, None) => {}
            (Some(_), Some(_)) if is_current => {}
            (open, Some(grounds)) => {
                if let Some(open) = open {
                    open.until = Some(moment.at);
                }
                intervals.push(Interval {
                    target: moment.target.to_owned(),
                    from: moment.at,
                    until: None,
                    by: producers.get(moment.target).map(|by| (*by).to_owned()),
                    grounds: grounds.clone(),
                });
            }
        }
    }
    intervals
}

/// Who made each thing; the least of several, so that any order gives the same.
fn producers(sightings: &[Sighting]) -> BTreeMap<&str, &str> {
    let mut producers = BTreeMap::new();
    for sighting in sightings {
        if let Some(by) = &sighting.by {
            let least = producers
                .entry(sighting.target.as_str())
                .or_insert(by.as_str());
            *least = (*least).min(by);
        }
    }
    producers
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn sighting(target: &str, begins: &[i64], until: &[i64], confidence: f64) -> Sighting {
        Sighting {
            target: target.to_owned(),
            key: target.to_owned(),
            at: begins.iter().copied().map(at).collect(),
            until: until.iter().copied().map(at).collect(),
            by: None,
            grounds: Grounds {
                rule: "r".to_owned(),
                evidence: format!("{target} {confidence}"),
                confidence,
            },
            before_others: confidence < 0.6,
        }
    }

    fn check(sightings: &[Sighting], wanted: &[(&str, i64, Option<i64>)]) {
        let found = intervals(sightings);
        let second = |at: Timestamp| at.as_second();
        let found: Vec<_> = found
            .iter()
            .map(|i| (i.target.as_str(), second(i.from), i.until.map(second)))
            .collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_tag_that_moves_there_and_back() {
        check(
            &[
                sighting("a", &[1, 3], &[], 1.0),
                sighting("b", &[2], &[], 1.0),
            ],
            &[("a", 1, Some(2)), ("b", 2, Some(3)), ("a", 3, None)],
        );
    }

    #[test]
    fn a_tag_that_is_gone_and_comes_back() {
        check(
            &[sighting("a", &[1, 5], &[3], 1.0)],
            &[("a", 1, Some(3)), ("a", 5, None)],
        );
        let late = sighting("a", &[1], &[3], 1.0);
        check(
            &[late, sighting("b", &[2], &[], 1.0)],
            &[("a", 1, Some(2)), ("b", 2, None)],
        );
    }

    #[test]
    fn weak_grounds_fill_only_the_time_before_the_others() {
        check(
            &[
                sighting("a", &[1], &[], 0.5),
                sighting("b", &[5], &[], 1.0),
                sighting("c", &[7], &[], 0.5),
            ],
            &[("a", 1, Some(5)), ("b", 5, None)],
        );
    }

    #[test]
    fn at_the_same_moment_the_better_founded_lasts() {
        let twice = [sighting("a", &[1], &[], 1.0), sighting("b", &[1], &[], 0.9)];
        check(&twice, &[("b", 1, Some(1)), ("a", 1, None)]);
        let same = [sighting("a", &[1], &[], 0.9), sighting("a", &[1], &[], 1.0)];
        assert!((intervals(&same)[0].grounds.confidence - 1.0).abs() < 1e-9);
    }

    fn any_sighting() -> impl Strategy<Value = Sighting> {
        let times = || prop::collection::vec(0..12_i64, 0..3);
        let target = prop::sample::select(vec!["a", "b", "c"]);
        let confidence = prop::sample::select(vec![0.5, 0.9, 1.0]);
        let by = prop::option::of(prop::sample::select(vec!["x", "y"]));
        (target, times(), times(), confidence, by).prop_map(
            |(target, at, until, confidence, by)| Sighting {
                by: by.map(str::to_owned),
                ..sighting(target, &at, &until, confidence)
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn any_order_gives_the_same(
            sightings in prop::collection::vec(any_sighting(), 0..8),
            seed in any::<u64>(),
        ) {
            let wanted = intervals(&sightings);
            let mut shuffled = sightings;
            let mut random = fastrand::Rng::with_seed(seed);
            random.shuffle(&mut shuffled);
            for sighting in &mut shuffled {
                random.shuffle(&mut sighting.at);
            }
            prop_assert_eq!(intervals(&shuffled), wanted);
        }

        #[test]
        fn intervals_follow_each_other(
            sightings in prop::collection::vec(any_sighting(), 0..8),
        ) {
            let found = intervals(&sightings);
            for pair in found.windows(2) {
                let until = pair[0].until.unwrap();
                prop_assert!(pair[0].from <= until && until <= pair[1].from);
            }
        }
    }
}
