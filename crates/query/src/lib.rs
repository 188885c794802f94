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
mod deployed_images;
mod derivation;
mod diff;
mod findings;
mod gate;
mod known;
mod near;
mod orphans;
mod place;
mod retags;
mod rows;
mod running;
mod status;
mod subgraph;
mod target;
mod trace;
mod unreviewed;
mod unverified;
mod verdict;

pub use built::{
    BuiltImage, CommitAnswer, CommittedImage, NoImage, WhoBuilt, commit_of, who_built,
};
pub use deployed::{AskedCommit, Deployed, Idle, Place, deployed};
pub use deployed_images::NamespaceError;
pub use derivation::Derivation;
pub use diff::{Change, ChangeGroup, Diff, Sign, diff};
pub use findings::{FindingKind, FindingRow, Findings, finding_counts, findings, found};
pub use gate::{
    Check, Decision, Gate, Policy, PolicyError, PolicyFile, State, gate, summary_attestation,
};
pub use known::{known_manifests, marks};
pub use near::{distance, similar, split_label};
pub use orphans::{
    NotJudged, OrphanChart, OrphanDigest, OrphanImage, Orphans, UnknownBuilds, orphans,
};
pub use place::{How, PlaceInstance, Places, WorkloadPlace, places};
pub use retags::{OldInstance, Retags, TagHistory, TagInterval, retags};
pub use running::{Instance, Workload};
pub use status::{
    Labelled, MissingItem, PassRow, Status, StatusSource, Typed, Unread, Writer, last_complete,
    status,
};
pub use subgraph::{SubEdge, SubNode, Subgraph, subgraph};
pub use target::{ImageTarget, Kind, Meant, Target, TargetError, resolve};
pub use trace::{
    Attached, Build, BuiltFrom, Cause, Chain, Commit, Container, Hop, ImageHop, Job, MergeRequest,
    Missing, Period, Platform, Tag, Trace, trace,
};
pub use unreviewed::{Unreviewed, UnreviewedImage, unreviewed};
pub use unverified::{Unverified, UnverifiedImage, UnverifiedWorkload, unverified};
pub use verdict::{Answer, Reason, Review, Verdict, Verdicts, verdicts, verdicts_of};
