//! Observations become nodes and edges: [`Ingest`] takes lines or observations, maps each to facts,
//! compares a batch with the graph, and writes what differs in one transaction.
//!
//! It does not know where observations come from, and derives nothing: that is the rules' work.
//!
//! Invariants: the same observations again write nothing; a batch is in the graph as a whole or
//! not at all; nothing is deleted, what holds no longer is closed with a time; `touched_at` of an `ImageReference` moves only when a fact
//! around it changed; what cannot be taken in is left out by itself, and the reading that it was in is not complete.

mod attached;
mod batch;
mod bounds;
mod changes;
mod facts;
mod holdings;
mod images;
mod intake;
mod merge;
mod present;
mod readings;
mod shape;

pub use bounds::{LONGEST_KEY, LONGEST_LINE};
pub use changes::next_change;
pub use facts::{EdgeFact, Facts, GONE_AT, NodeFact, NodeId, Reading, Scope, Whole, facts};
pub use intake::{BATCH, Ingest, IngestError, Problem, Report};
