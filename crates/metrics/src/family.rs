//! Numbers by their labels.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

/// Labels by name.
pub(crate) type Labels<const N: usize> = [(&'static str, String); N];
pub(crate) type Counters<const N: usize> = Family<Labels<N>, Counter>;
pub(crate) type Seconds<const N: usize> = Family<Labels<N>, Counter<f64, AtomicU64>>;
pub(crate) type Gauges<const N: usize> = Family<Labels<N>, Gauge>;
pub(crate) type Numbers<const N: usize> = Family<Labels<N>, Gauge<f64, AtomicU64>>;
pub(crate) type Histograms<const N: usize> = Family<Labels<N>, Histogram, fn() -> Histogram>;

/// From a pass that has nothing to do to one over tens of millions of references.
const BUCKETS: [f64; 12] = [
    0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 14400.0,
];

pub(crate) fn one(name: &'static str, value: &str) -> Labels<1> {
    [(name, value.to_owned())]
}

pub(crate) fn two(first: (&'static str, &str), second: (&'static str, &str)) -> Labels<2> {
    [
        (first.0, first.1.to_owned()),
        (second.0, second.1.to_owned()),
    ]
}

pub(crate) fn register<M: Metric + Clone + Default>(
    registry: &mut Registry,
    name: &str,
    help: &str,
) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

pub(crate) fn histograms<const N: usize>(
    registry: &mut Registry,
    name: &str,
    help: &str,
) -> Histograms<N> {
    let new: fn() -> Histogram = || Histogram::new(BUCKETS);
    let metric = Family::new_with_constructor(new);
    registry.register(name, help, metric.clone());
    metric
}
