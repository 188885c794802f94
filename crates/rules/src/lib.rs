//! Rules are data: a TOML header and one read-only pattern in a `.cypher` file. This crate parses
//! and checks them, orders them, and derives from the one pattern the statements that link,
//! retract and compare.
//!
//! Pure, text to text: it does not run a statement, and does not know which store will.
//!
//! Invariant: a derived statement writes only edges and findings that carry the rule's own name.

mod body;
mod builtin;
mod derive;
mod effect;
mod header;
mod order;
mod pattern;
mod place;
mod probe;
mod problem;
mod reads;
mod refuse;
mod rule;
mod scan;

pub use builtin::builtin_rules;
pub use derive::{Cause, Compared, Derived, Dialect, Wake};
pub use order::{Circle, Waits, in_order};
pub use probe::{Conjunct, End, Hop, Place, Probe};
pub use problem::{Problem, RuleError};
pub use reads::check_reads;
pub use rule::{Effect, Rule};
