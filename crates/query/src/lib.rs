//! The stories: typed questions to the graph and their answers, serializable as they are.
//!
//! It knows the graph model and asks only by indexed keys; it writes nothing and prints nothing.

/// A statement from a file.
macro_rules! cypher {
    ($file:literal) => {
        polar_graph::Statement::new(include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/cypher/",
            $file,
            ".cypher"
        )))
    };
}

mod findings;
mod known;
mod origin;
mod verdict;

pub use findings::{FindingRow, findings};
pub use known::{known_manifests, marks};
pub use origin::{
    Attached, Build, Commit, ContainerOrigin, Derivation, ImageOrigin, Job, MergeRequest, Platform,
    origin_of_pod,
};
pub use verdict::{Answer, Reason, Verdict, Verdicts, verdicts};
