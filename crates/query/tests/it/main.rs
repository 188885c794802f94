//! Questions and their answers on small estates, on both stores; and how Neo4j finds them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod changes;
mod gate;
mod orphans;
mod places;
mod plans;
mod retags;
mod shop;
mod state;
mod verified;
mod world;
