//! The rules and the pass on both stores.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

mod attached;
mod built;
mod copies;
mod documented;
mod facts;
mod history;
mod incremental;
mod lease;
mod pass;
mod replicas;
mod reviews;
mod rules;
mod traps;
mod verdicts;
