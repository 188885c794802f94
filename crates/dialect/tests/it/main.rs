//! Graphs in Polar's shapes, adopted on both stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod adoption;
mod beside;
mod hostile;
mod identify;
mod polar;
