//! Questions and their answers, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod changes;
mod gate;
mod state;
mod world;
