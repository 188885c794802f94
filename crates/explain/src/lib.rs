//! Why a node or a reference is linked as it is: each rule's hops around it, what was derived and on which
//! evidence; and for what is missing, the hop or the part of the condition that fails, and what comes
//! nearest to it.
//!
//! It reads only, and prints nothing. What follows from a rule's text is derived in `polar-rules`; what a
//! label's nodes are called, and who would know of them, stands in `knowledge`.

mod answer;
mod ask;
mod candidates;
mod knowledge;
mod literal;
mod name;
mod node;
mod reference;
mod sources;
mod target;
mod words;

pub use answer::{
    Candidate, Explanation, Failed, Form, Found, HopAnswer, Identified, NodeAnswer, Outcome,
    Reason, ReferenceAnswer, RuleAnswer, SCHEMA, State,
};
pub use target::{ExplainError, explain};
