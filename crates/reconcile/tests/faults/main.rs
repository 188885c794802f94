//! What a pass and an intake do when what they rest on fails: the server, the network, the locks,
//! the clocks. Whatever happens, the next run ends in the graph of an undisturbed one.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

mod broken;
mod clocks;
mod common;
mod hammered;
mod killed;
mod silent;
