//! The pass and the cadence. A pass runs each rule in order: it removes what the rule derived
//! earlier and its pattern no longer yields, and creates what is missing. The cadence repeats it.
//!
//! It does not know where facts come from, and has no memory between passes: all state is in the
//! graph, so that a killed pass is completed by the next one.
//!
//! Invariants: a pass over a graph in line with its rules writes nothing; only edges and findings
//! that carry a rule's name are written or removed; each batch is a transaction of its own, of
//! bounded size.

mod cadence;
mod changes;
mod check;
mod interval;
mod pass;
mod prune;
mod reconciler;
mod timeline;
mod wake;
mod work;

pub use cadence::{Cadence, run_on_cadence};
pub use changes::{Change, ChangeKind};
pub use check::{Refusal, check, needed_indexes};
pub use pass::{BATCH, Mode, PassError, PassSummary, RuleSummary, Stop, pass};
pub use prune::{Leftover, leftovers, prune};
pub use reconciler::Reconciler;
