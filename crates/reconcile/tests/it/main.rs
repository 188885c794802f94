//! The rules and the pass on both stores.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

mod facts;
mod lease;
mod pass;
mod replicas;
mod rules;
mod traps;
