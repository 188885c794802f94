//! What a policy asks. Its form is TOML; docs/stories.md describes it.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::Deserialize;

/// How sure a build must be where nothing is said: its job reported the image, or an attestation
/// names the pipeline or its commit.
const CONFIDENCE: f64 = 0.9;

/// What is required of an image: each table that stands there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What people call it.
    pub name: Option<String>,
    /// Where it may come from.
    pub registry: Option<Registry>,
    /// Somebody signed it.
    pub signed: Option<Required>,
    /// A given key that counts for it made a signature.
    pub verified: Option<Required>,
    /// What it was built from was reviewed.
    pub reviewed: Option<Required>,
    /// An attestation is attached to it.
    pub attested: Option<Attested>,
    /// It was scanned, and what was found stays within bounds.
    pub scanned: Option<Scanned>,
    /// Who may have built it.
    pub built_by: Option<BuiltBy>,
    /// How old it may be.
    pub age: Option<Age>,
    /// How old what is known of it may be.
    pub readings: Option<Readings>,
    /// What must not have been found of it.
    pub findings: Option<Findings>,
}

/// Why a text is no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// It is no TOML, or asks for what there is not.
    #[error("{}", .0.to_string().trim_end())]
    Form(#[from] toml::de::Error),
    /// It asks for nothing, and would let everything pass.
    #[error(
        "the policy requires nothing; give at least one of the tables registry, signed, verified, \
         reviewed, attested, scanned, built_by, age, readings and findings"
    )]
    Empty,
    /// A list is empty that says what is required.
    #[error(
        "`{0}` is empty, which nothing can meet or which requires nothing; leave the table out, or fill it"
    )]
    EmptyList(&'static str),
    /// A confidence that is none.
    #[error("`built_by.min_confidence` is {0}; it goes from 0 to 1")]
    Confidence(f64),
    /// Findings that no rule makes of an image.
    #[error(
        "`findings.none_of` names `{kind}`, which no rule finds of an image; known are {known}"
    )]
    UnknownKind {
        /// As written.
        kind: String,
        /// Kinds that can be named.
        known: String,
    },
}

/// What an unknown answer means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnUnknown {
    /// It is as good as none.
    #[default]
    Deny,
    /// It lets the image pass.
    Allow,
}

/// `[signed]`, `[verified]`, `[reviewed]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Required {
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

/// `[registry]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registry {
    /// Patterns of `registry/repository`.
    pub allow: Vec<String>,
}

/// `[attested]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attested {
    /// Patterns of the type; without it, any.
    pub types: Option<Vec<String>>,
    /// Whether a given key that counts for the image must have made its signature.
    #[serde(default)]
    pub verified: bool,
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

/// `[scanned]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scanned {
    /// How many critical vulnerabilities there may be; without it, any number.
    pub max_critical: Option<u32>,
    /// Likewise high ones.
    pub max_high: Option<u32>,
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

/// `[built_by]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltBy {
    /// Patterns of `instance/project`; without it, any.
    pub projects: Option<Vec<String>>,
    /// Patterns of branches and tags that pipelines ran on: those that are protected.
    pub refs: Option<Vec<String>>,
    /// Patterns of the runners of the jobs that pushed it.
    pub runners: Option<Vec<String>>,
    /// How sure the build must be, 0 to 1.
    #[serde(default = "confidence")]
    pub min_confidence: f64,
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

fn confidence() -> f64 {
    CONFIDENCE
}

/// `[age]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// Since it was pushed.
    pub max: Length,
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

/// `[readings]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Readings {
    /// Since the last complete reading of each source.
    pub max_age: Length,
    /// Which sources; without it, all three.
    #[serde(default = "Source::all")]
    pub of: Vec<Source>,
    /// What an unknown answer means.
    #[serde(default)]
    pub unknown: OnUnknown,
}

/// A kind of source that tells of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Its registry.
    Registry,
    /// What is attached to images of its registry.
    Attached,
    /// The GitLab that it was built in.
    Gitlab,
}

impl Source {
    fn all() -> Vec<Self> {
        vec![Self::Registry, Self::Attached, Self::Gitlab]
    }

    /// As sources are called in the graph.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Attached => "attached",
            Self::Gitlab => "gitlab",
        }
    }
}

/// `[findings]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// Kinds of findings about the image, its tag, or what a pipeline pushed as it.
    pub none_of: Vec<String>,
}

/// A positive length of time, e.g. `90d`, `12h` or `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Length(pub(super) SignedDuration);

impl TryFrom<String> for Length {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let span: Option<Span> = text.parse().ok();
        let length =
            span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
        match length {
            Some(length) if length.is_positive() => Ok(Self(length)),
            _ => Err("give a length of time such as 30m, 12h, 90d or 2w"),
        }
    }
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// What is wrong with it, with the line and the keys that there are.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let policy: Self = toml::from_str(text)?;
        policy.check()?;
        Ok(policy)
    }

    fn check(&self) -> Result<(), PolicyError> {
        let Self {
            name: _,
            registry,
            signed,
            verified,
            reviewed,
            attested,
            scanned,
            built_by,
            age,
            readings,
            findings,
        } = self;
        let asks = [
            registry.is_some(),
            signed.is_some() || verified.is_some() || reviewed.is_some(),
            attested.is_some() || scanned.is_some(),
            built_by.is_some(),
            age.is_some() || readings.is_some() || findings.is_some(),
        ];
        if !asks.contains(&true) {
            return Err(PolicyError::Empty);
        }
        let built = built_by.as_ref();
        let lists = [
            ("registry.allow", registry.as_ref().map(|it| it.allow.len())),
            (
                "findings.none_of",
                findings.as_ref().map(|it| it.none_of.len()),
            ),
            ("readings.of", readings.as_ref().map(|it| it.of.len())),
            (
                "attested.types",
                attested.as_ref().and_then(|it| length(it.types.as_ref())),
            ),
            (
                "built_by.projects",
                built.and_then(|it| length(it.projects.as_ref())),
            ),
            (
                "built_by.refs",
                built.and_then(|it| length(it.refs.as_ref())),
            ),
            (
                "built_by.runners",
                built.and_then(|it| length(it.runners.as_ref())),
            ),
        ];
        if let Some((name, _)) = lists.iter().find(|(_, length)| *length == Some(0)) {
            return Err(PolicyError::EmptyList(name));
        }
        let confidence = built.map(|it| it.min_confidence);
        match confidence.filter(|confidence| !(0.0..=1.0).contains(confidence)) {
            Some(confidence) => Err(PolicyError::Confidence(confidence)),
            None => Ok(()),
        }
    }

    /// Checks the kinds of findings it names against those that rules make, each with the label of
    /// what it concerns.
    ///
    /// # Errors
    /// [`PolicyError::UnknownKind`] with those that it could name.
    pub fn check_kinds(&self, rules: &[(String, String)]) -> Result<(), PolicyError> {
        let of_images = ["ACRImage", "ImageTag", "ContainerImageTag"];
        let of_image = rules
            .iter()
            .filter(|(_, label)| of_images.contains(&label.as_str()));
        let mut known: Vec<_> = of_image.map(|(kind, _)| kind.as_str()).collect();
        known.sort_unstable();
        known.dedup();
        let named = self.findings.iter().flat_map(|it| &it.none_of);
        match named
            .into_iter()
            .find(|kind| !known.contains(&kind.as_str()))
        {
            Some(kind) => Err(PolicyError::UnknownKind {
                kind: kind.clone(),
                known: known.join(", "),
            }),
            None => Ok(()),
        }
    }
}

fn length(list: Option<&Vec<String>>) -> Option<usize> {
    list.map(Vec::len)
}
