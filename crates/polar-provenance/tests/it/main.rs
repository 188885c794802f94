//! The program as a user runs it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

mod agent;
mod checks;
mod cli;
mod common;
mod connect;
mod crash;
mod demo;
mod disk;
mod estate;
mod explain;
mod golden;
mod halfway;
mod images;
mod keys;
mod killed;
mod origins;
mod polar;
mod rules;
mod sources;
mod walkthrough;
mod writers;
