//! The observer of a cluster over real HTTP, with what can go wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod chart;
mod connecting;
mod faults;
mod objects;
mod reading;
mod releases;
mod world;
