//! The program as a user runs it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

mod agent;
mod cli;
mod common;
mod connect;
mod crash;
mod demo;
mod estate;
mod explain;
mod golden;
mod halfway;
mod keys;
mod polar;
mod rules;
mod sources;
mod stories_a;
mod stories_b;
mod stories_c;
mod walkthrough;
mod writers;
