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
mod config_page;
mod connect;
mod crash;
mod demo;
mod estate;
mod explain;
mod golden;
mod halfway;
mod images;
mod hostile;
mod keys;
mod origins;
mod polar;
mod rules;
mod secrets;
mod sources;
mod tls;
mod walkthrough;
mod writers;
