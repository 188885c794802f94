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
mod deploy;
mod disk;
mod estate;
mod explain;
mod golden;
mod halfway;
mod hostile;
mod images;
mod keys;
mod killed;
mod operation;
mod origins;
mod polar;
mod rules;
mod scrape;
mod secrets;
mod sources;
mod stall;
mod tls;
mod traces;
mod walkthrough;
mod writers;
