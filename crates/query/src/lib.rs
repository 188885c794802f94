//! The stories: typed questions to the graph and their answers, serializable as they are.
//!
//! It knows the graph model and asks only by indexed keys; it writes nothing and prints nothing.

/// The text of a statement's file.
macro_rules! cypher_text {
    ($file:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/cypher/",
            $file,
            ".cypher"
        ))
    };
}

/// A statement from a file.
macro_rules! cypher {
    ($file:literal) => {
        polar_graph::Statement::new(cypher_text!($file))
    };
}

mod built;
mod deployed;
mod findings;
mod known;
mod near;
mod row;
mod subgraph;
mod target;
mod trace;
mod verdict;

pub use built::{
    BuiltImage, CommitAnswer, CommittedImage, NoImage, WhoBuilt, commit_of, who_built,
};
pub use deployed::{AskedCommit, Deployed, Idle, Place, deployed};
pub use findings::{FindingRow, findings};
pub use known::{known_manifests, marks};
pub use near::{distance, similar, split_label};
pub use row::Derivation;
pub use subgraph::{SubEdge, SubNode, Subgraph, subgraph};
pub use target::{ImageTarget, Kind, Meant, Target, TargetError, resolve};
pub use trace::{
    Attached, Build, BuiltFrom, Cause, Chain, Commit, Container, Hop, ImageHop, Job, MergeRequest,
    Missing, Period, Platform, Tag, Trace, trace,
};
pub use verdict::{Answer, Reason, Verdict, Verdicts, verdicts};
