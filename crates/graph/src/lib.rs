//! The graph: one trait, [`GraphStore`], and its two stores, [`Neo4jStore`] over Bolt and
//! [`EmbeddedStore`] in a file or in memory; and the [`Lease`] by which one of several replicas
//! writes to it.
//!
//! The only crate that names a database driver. It knows Cypher text, parameters and rows; it does
//! not know what the nodes mean, except the lease's.
//!
//! Invariants: a [`GraphStore::write`] is one transaction, all or nothing, and reports what it
//! really changed; a [`GraphStore::stream`] holds a bounded number of rows whatever its length; a
//! connection never runs with other trust than was asked for.

mod connections;
mod convert_embedded;
mod convert_neo4j;
mod embedded;
mod error;
mod lease;
mod literal;
mod neo4j;
mod nodelay;
mod recorded;
mod schema;
mod settings;
mod statement;
mod store;
mod watched;

pub use embedded::EmbeddedStore;
pub use error::GraphError;
pub use lease::{Acquired, Lease, LeasedStore};
pub use literal::literal;
pub use neo4j::Neo4jStore;
pub use recorded::Recorded;
pub use schema::{SchemaItem, schema_items};
pub use settings::{Neo4jSettings, SettingsError, Tls};
pub use statement::{Counters, Row, Statement};
pub use store::{Engine, GraphStore, RowStream};
pub use watched::{SPANS, Watched};
