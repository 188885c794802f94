//! Edges as statements walk them.

use polar_model::{EdgeType, Label};

use crate::{NodeId, present::Kind};

/// The ends of an edge as a statement walks them.
pub(crate) type Shape = (EdgeType, Label, Label);
/// An edge by its type and its ends.
pub(crate) type EdgeId = (EdgeType, NodeId, NodeId);

/// An edge from its narrow end, the one with few edges of the type: stores walk from there, and a
/// project with a hundred thousand pipelines costs no more than one with ten.
pub(crate) fn walk((edge, from, to): &EdgeId) -> (Shape, &str, &str) {
    let (narrow, wide) = if starts_narrow(*edge) {
        (from, to)
    } else {
        (to, from)
    };
    ((*edge, narrow.0, wide.0), &narrow.1, &wide.1)
}

fn starts_narrow(edge: EdgeType) -> bool {
    match edge {
        EdgeType::OfCommit
        | EdgeType::Brought
        | EdgeType::Produced
        | EdgeType::RanDuring
        | EdgeType::Pushed
        | EdgeType::OfTag
        | EdgeType::OfManifest
        | EdgeType::Identifies
        | EdgeType::HasManifest
        | EdgeType::HasConfig
        | EdgeType::Claims
        | EdgeType::BeginsWith
        | EdgeType::TaggedWith
        | EdgeType::Attests
        | EdgeType::VerifiedBy
        | EdgeType::CheckedWith
        | EdgeType::Reports
        | EdgeType::ReportsConfig
        | EdgeType::OfChart => true,
        EdgeType::HasPipeline
        | EdgeType::HasJob
        | EdgeType::Triggered
        | EdgeType::Started
        | EdgeType::HasMergeRequest
        | EdgeType::HasRelease
        | EdgeType::HasPackage
        | EdgeType::Published
        | EdgeType::HasRepository
        | EdgeType::Holds
        | EdgeType::Authored
        | EdgeType::Approved
        | EdgeType::Merged
        | EdgeType::HasNamespace
        | EdgeType::HasWorkload
        | EdgeType::HasHelmRelease
        | EdgeType::HasPod
        | EdgeType::HasContainer
        | EdgeType::Installed => false,
    }
}

/// How an arrow is drawn between two nodes of a pattern.
pub(crate) fn arrow(outgoing: bool) -> (&'static str, &'static str) {
    if outgoing { ("-", "->") } else { ("<-", "-") }
}

impl Kind for Label {
    const KEYS: &'static [&'static str] = &["key"];

    fn read(self) -> String {
        include_str!("../cypher/nodes-read.cypher").replace("{{label}}", self.as_str())
    }

    fn compare(self) -> String {
        include_str!("../cypher/nodes-compare.cypher").replace("{{label}}", self.as_str())
    }
}

impl Kind for Shape {
    const KEYS: &'static [&'static str] = &["narrow", "wide"];

    fn read(self) -> String {
        fill(include_str!("../cypher/edges-read.cypher"), self)
    }

    fn compare(self) -> String {
        fill(include_str!("../cypher/edges-compare.cypher"), self)
    }
}

pub(crate) fn fill(template: &str, (edge, narrow, wide): Shape) -> String {
    let (tail, head) = arrow(starts_narrow(edge));
    template
        .replace("{{narrow}}", narrow.as_str())
        .replace("{{wide}}", wide.as_str())
        .replace("{{edge}}", edge.as_str())
        .replace("{{tail}}", tail)
        .replace("{{head}}", head)
}
