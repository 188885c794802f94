//! The observer against a GitLab over real HTTP, healthy and not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod faults;
mod objects;
mod reading;
mod world;
