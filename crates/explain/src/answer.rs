//! What is answered, serializable as it is.

use std::collections::BTreeMap;

use polar_graph::Statement;
use serde::Serialize;

/// Version of the answer's shape.
pub const SCHEMA: u32 = 1;

/// Everything about a target.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Version of this shape.
    pub schema: u32,
    /// The target as it was given.
    pub target: String,
    /// What it means, where it is a reference.
    pub reference: Option<ReferenceAnswer>,
    /// The nodes that it means.
    pub nodes: Vec<NodeAnswer>,
    /// How many further nodes it means.
    pub left_out: u64,
    /// The queries that were asked, in order.
    #[serde(skip)]
    pub queries: Vec<Statement>,
}

impl Explanation {
    /// The queries as text for Neo4j Browser, with their parameters filled in.
    #[must_use]
    pub fn cypher(&self) -> Vec<String> {
        self.queries.iter().map(crate::literal::filled).collect()
    }
}

/// An image reference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReferenceAnswer {
    /// `registry/repository[:tag][@digest]`, the tag in its exact case.
    pub canonical: String,
    /// The references that it means.
    pub forms: Vec<Form>,
}

/// One of the references that something written means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Form {
    /// `tag` or `digest`.
    pub kind: &'static str,
    /// The key of its `ImageReference`.
    pub reference: String,
    /// Whether the graph has it.
    pub known: bool,
    /// What identifies it.
    pub identified_by: Vec<Identified>,
    /// How many further ones do.
    pub left_out: u64,
}

/// Something that identifies a reference, or did.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identified {
    /// What does.
    #[serde(flatten)]
    pub node: Found,
    /// When it was found to do so no longer, RFC 3339.
    pub until: Option<String>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Found {
    /// Its label.
    pub label: String,
    /// Its key.
    pub key: String,
}

/// A node and the rules around it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NodeAnswer {
    /// The node.
    #[serde(flatten)]
    pub node: Found,
    /// The rules at an end of which its label stands, in the order they run.
    pub rules: Vec<RuleAnswer>,
}

/// A rule at a node.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RuleAnswer {
    /// The rule.
    pub rule: String,
    /// What it says, in one sentence.
    pub title: String,
    /// `link`, `timeline` or `finding`.
    pub kind: &'static str,
    /// The type of its links, or the kind of its findings.
    pub derives: String,
    /// Where the node stands: `from`, `to` or `subject`.
    pub end: &'static str,
    /// Whether it derived something here.
    pub state: State,
    /// Why not, in a sentence; none if it did.
    pub because: Option<String>,
    /// What it derived, the most certain first; at most 50.
    pub derived: Vec<Outcome>,
    /// Where it derived nothing: the hops of its pattern up to the first that is not there.
    pub hops: Vec<HopAnswer>,
    /// Where all hops are there: the parts of the condition that fail for the nearest match.
    pub failed: Vec<Failed>,
    /// What comes nearest to what is missing, and what may be the cause.
    pub candidates: Vec<Candidate>,
}

/// Whether a rule derived something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It did.
    Present,
    /// It did, but would not now: the next pass removes it.
    Stale,
    /// A link is not there.
    Missing,
    /// It did not, but another rule drew links of the type here.
    ByAnother,
    /// There is nothing to find.
    DoesNotApply,
    /// All that it asks for is there, and no pass has derived it yet.
    Due,
    /// A timeline has nothing from it, since others say as much or more.
    Covered,
}

/// What a rule derived.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The other end, or the finding.
    #[serde(flatten)]
    pub node: Found,
    /// What the rule saw.
    pub evidence: String,
    /// From 0 to 1; none for a finding.
    pub confidence: Option<f64>,
    /// Whether it is the most certain link of its type at this node: what stories show first.
    pub best: bool,
    /// When it was first derived, RFC 3339.
    pub first_seen: Option<String>,
    /// Of a timeline: from when, RFC 3339.
    pub from: Option<String>,
    /// Of a timeline: until when, RFC 3339.
    pub until: Option<String>,
    /// Of a timeline: who made it so.
    pub produced_by: Option<String>,
    /// Of a finding: `low`, `medium` or `high`.
    pub severity: Option<String>,
}

/// A hop of a rule's pattern.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HopAnswer {
    /// The hop as Cypher.
    pub hop: String,
    /// How many nodes it leads to, given those before it.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Found>,
}

/// A part of a condition that fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Failed {
    /// As the rule has it.
    pub condition: String,
    /// What the properties that it names are, for the nearest match.
    pub values: BTreeMap<String, serde_json::Value>,
}

/// Something that is nearly what is missing, or keeps it from being known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Candidate {
    /// Why it does not match.
    pub reason: Reason,
    /// What it is; none if it is a source.
    pub node: Option<Found>,
    /// The reason in words.
    pub detail: String,
    /// What to do about it, where something can be done.
    pub suggestion: Option<String>,
}

/// Why a candidate does not match, what can be acted on first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The tag differs in case alone.
    Case,
    /// Same registry, repository and tag; another digest.
    DigestDiffers,
    /// The name means no registry that others can know; the same repository is at another host.
    HostRelative,
    /// The same repository and tag, or the same digest, under another name: a mirror or another name of
    /// it, perhaps.
    AliasNotConfigured,
    /// It was there.
    Gone,
    /// Same registry and repository, another tag.
    TagDiffers,
    /// Who would know was not read completely since.
    SourceIncomplete,
    /// Who would know was never read.
    NotRead,
}

impl Reason {
    /// As in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::DigestDiffers => "digest-differs",
            Self::HostRelative => "host-relative",
            Self::AliasNotConfigured => "alias-not-configured",
            Self::Gone => "gone",
            Self::TagDiffers => "tag-differs",
            Self::SourceIncomplete => "source-incomplete",
            Self::NotRead => "not-read",
        }
    }
}
