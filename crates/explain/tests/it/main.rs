//! What is explained, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod nodes;
mod reasons;
mod targets;
mod world;
