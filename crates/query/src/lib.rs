//! The stories: typed questions to the graph and their answers, serializable as they are.
//!
//! It knows the graph model and asks only by indexed keys; it writes nothing and prints nothing.

mod findings;
mod known;
mod origin;

pub use findings::{FindingRow, findings};
pub use known::{known_manifests, marks};
pub use origin::{
    Attached, Build, Commit, ContainerOrigin, Derivation, ImageOrigin, Job, MergeRequest, Platform,
    origin_of_pod,
};
