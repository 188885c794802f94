//! The vocabulary of the provenance graph: property [`Value`]s, node [`Label`]s, edge
//! [`EdgeType`]s and the [`Observation`]s that sources report.
//!
//! Pure: no I/O, no clock, no Cypher. It does not know which store holds the graph, how an
//! observation becomes nodes and edges (that is `polar-ingest`), or where an observation came from.
//!
//! Invariant: every node that this project writes has one string property `key`, unique within
//! its label ([`KEY`]); it is the only thing nodes are merged on.

mod label;
mod line;
mod observation;
mod value;

pub use label::{CHANGE, EdgeType, KEY, Label, TOUCHED_AT};
pub use line::{LineError, ParsedLine, SCHEMA_VERSION, parse_line, to_line};
pub use observation::{
    Approval, Artifact, ArtifactKind, Basis, Container, ContainerRepository, GitCommit, GitLabJob,
    GitLabPackage, GitLabPipeline, GitLabProject, GitLabRelease, GitLabUser, HelmChart,
    HelmRelease, ImageManifest, KubePod, KubeWorkload, MergeRequest, Observation, PipelineImage,
    Platform, RegistryImage, SourceComplete, SourceStarted, VerificationKey, WorkloadRef,
};
pub use value::Value;
