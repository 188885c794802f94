//! Graphs that Polar filled. A [`Mapping`] is a reading query over Polar's labels: its rows become
//! observations, or say which `ImageReference` a node of Polar's identifies. [`adopt`] takes both in.
//!
//! It does not know where Polar has its facts from, and derives nothing.
//!
//! Invariants: no property and no edge of Polar's is changed, and none of its nodes is made; an
//! unchanged graph is adopted without a write; what the agent's own observers read completely is
//! left to them; edges that were drawn from Polar's nodes carry the mapping's name, and only those
//! are ever closed.

mod adopt;
mod builtin;
mod convert;
mod dialect;
mod identify;
mod image;
mod mapping;
mod names;
mod problem;
mod schema;

pub use adopt::{Adopted, Adoption, adopt};
pub use builtin::builtin_mappings;
pub use dialect::{Dialect, Rows, Taken};
pub use mapping::{Conversion, Effect, Mapping, MappingError};
pub use names::Settings;
pub use problem::{AdoptError, Problem};
pub use schema::{add_missing, schema_items};
