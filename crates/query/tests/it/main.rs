//! Questions and their answers on small estates, on both stores; and how Neo4j finds them.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

mod chain;
mod changes;
mod deployed;
mod gate;
mod origins;
mod orphans;
mod places;
mod plans;
mod retags;
mod shop;
mod state;
mod then;
mod verified;
mod world;
