//! Stories in small worlds, on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod deployed;
mod origins;
mod then;
mod world;
