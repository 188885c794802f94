//! What the tests need: a real Neo4j ([`TestServer`], [`SharedNeo4j`]), certificates
//! ([`Certificates`]), one test on both stores ([`on_both`]), plans
//! ([`Planner`]), graphs that can be compared
//! ([`dump`]), services over real HTTP that fail on demand ([`FakeServer`]), TLS before any of them
//! ([`Front`]), a network that does ([`Proxy`]), a real registry ([`DockerRegistry`]).
//!
//! Development only. It never skips: what is missing is a panic that says how to get it.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on must fail"
)]

pub mod bench;
mod both;
mod certificates;
mod docker_registry;
mod dump;
mod fake_http;
mod front;
pub mod oci;
mod plan;
mod proxy;
mod server;
mod shared;
mod signer;
mod tapped;
mod tool;

pub use both::{neo4j, on_both, wipe};
pub use certificates::Certificates;
pub use docker_registry::{DockerRegistry, REGISTRY_LOGIN};
pub use dump::dump;
pub use fake_http::{Answer, Asked, FakeServer, Fault};
pub use front::{Front, Speaks};
pub use plan::Planner;
pub use proxy::{Network, Proxy, Way};
pub use server::{ServerOptions, TestServer};
pub use shared::SharedNeo4j;
pub use signer::{Signer, referrer, signed};
pub use tapped::{Call, Tapped, When};
pub use tool::Tool;
