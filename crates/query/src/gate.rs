//! May this image be deployed? A policy asks, each requirement is answered with its reason.
//!
//! Invariants: what is not known is no yes, unless the policy says so for that requirement; of several
//! images that may be meant, the worst answer counts.

mod attached;
mod built;
mod chosen;
mod image;
mod pattern;
mod policy;
mod summary;

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

pub use policy::{Policy, PolicyError};
pub use summary::summary_attestation;

use crate::{ImageTarget, TargetError, Verdict, gate::policy::OnUnknown, verdicts};
use image::Image;

/// The answer to `gate`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Gate {
    /// Version of this form.
    pub schema: u32,
    /// `gate`.
    pub story: &'static str,
    /// The image as it was asked for.
    pub asked: String,
    /// The registry images that are meant, by key; several if tags of the repository share the digest.
    pub images: Vec<String>,
    /// Their digest; none if no registry image is meant, or images of several digests are.
    pub digest: Option<String>,
    /// The policy.
    pub policy: PolicyFile,
    /// When it was judged.
    pub judged_at: Timestamp,
    /// Whether each requirement is met, or what is unknown of it is allowed.
    pub decision: Decision,
    /// The requirements, in a fixed order.
    pub checks: Vec<Check>,
}

/// Which policy it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyFile {
    /// Its `name`.
    pub name: Option<String>,
    /// The file as given.
    pub file: String,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// What the policy comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// All that is required holds.
    Allow,
    /// Something does not, or is not known to.
    Deny,
}

/// Whether a requirement is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is.
    Met,
    /// Nobody knows.
    Unknown,
    /// It is not.
    NotMet,
}

/// A requirement and whether it is met.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The table of the policy, or `present`, which is always required.
    pub requirement: &'static str,
    /// Whether it is met.
    pub state: State,
    /// Whether it lets the image pass: it is met, or the policy allows what is unknown of it.
    pub allowed: bool,
    /// Why.
    pub detail: String,
}

/// What a requirement comes to, before the policy says what that means.
type Outcome = (State, String);

/// Judges an image.
///
/// # Errors
/// [`TargetError`] if the graph is out of reach, or several tags are meant.
pub async fn gate(
    store: &dyn GraphStore,
    target: &ImageTarget,
    policy: &Policy,
    policy_file: PolicyFile,
    now: Timestamp,
) -> Result<Gate, TargetError> {
    let mut checks = Vec::new();
    let images = match chosen::images(store, target).await? {
        Ok(images) => images,
        Err(why) => {
            checks.push(absent(why));
            Vec::new()
        }
    };
    for image in &images {
        let of_image = checks_of(store, image, policy, now).await?;
        merge(&mut checks, of_image);
    }
    let allowed = checks.iter().all(|check: &Check| check.allowed);
    let mut digests: Vec<_> = images.iter().map(|image| image.digest.clone()).collect();
    digests.dedup();
    let digest = digests.pop().filter(|_| digests.is_empty());
    Ok(Gate {
        schema: 1,
        story: "gate",
        asked: target.text(),
        images: images.into_iter().map(|image| image.key).collect(),
        digest,
        policy: policy_file,
        judged_at: now,
        decision: if allowed {
            Decision::Allow
        } else {
            Decision::Deny
        },
        checks,
    })
}

/// Without an image in a registry, there is nothing that any other requirement could be asked of.
fn absent(detail: String) -> Check {
    Check {
        requirement: "present",
        state: State::Unknown,
        allowed: false,
        detail,
    }
}

/// Takes further answers to the same requirements; the worse one stays.
fn merge(checks: &mut Vec<Check>, others: Vec<Check>) {
    if checks.is_empty() {
        *checks = others;
        return;
    }
    for (check, other) in checks.iter_mut().zip(others) {
        if (other.allowed, check.state) < (check.allowed, other.state) {
            *check = other;
        }
    }
}

/// Each requirement of the policy, asked of one image.
async fn checks_of(
    store: &dyn GraphStore,
    image: &Image,
    policy: &Policy,
    now: Timestamp,
) -> Result<Vec<Check>, GraphError> {
    let mut checks = Checks(Vec::new());
    checks.add("present", OnUnknown::Deny, image.present());
    if let Some(asked) = &policy.registry {
        checks.add("registry", OnUnknown::Deny, image.registry(asked));
    }
    let verdicts = verdicts(store, &image.key).await?;
    for (requirement, asked, verdict) in [
        ("signed", &policy.signed, &verdicts.signed),
        ("verified", &policy.verified, &verdicts.verified),
        ("reviewed", &policy.reviewed, &verdicts.reviewed),
    ] {
        if let Some(asked) = asked {
            checks.add(requirement, asked.unknown, of_verdict(verdict));
        }
    }
    if let Some(asked) = &policy.attested {
        let outcome = attached::attested(store, image, asked).await?;
        checks.add("attested", asked.unknown, outcome);
    }
    if let Some(asked) = &policy.scanned {
        let outcome = attached::scanned(store, image, asked, &verdicts.scanned).await?;
        checks.add("scanned", asked.unknown, outcome);
    }
    if let Some(asked) = &policy.built_by {
        let outcome = built::built_by(store, image, asked).await?;
        checks.add("built_by", asked.unknown, outcome);
    }
    if let Some(asked) = &policy.age {
        checks.add("age", asked.unknown, image.age(asked, now));
    }
    if let Some(asked) = &policy.readings {
        let outcome = image::readings(store, image, asked, now).await?;
        checks.add("readings", asked.unknown, outcome);
    }
    if let Some(asked) = &policy.findings {
        let outcome = image::findings(store, image, asked).await?;
        checks.add("findings", OnUnknown::Deny, outcome);
    }
    Ok(checks.0)
}

/// Answers as they come in.
struct Checks(Vec<Check>);

impl Checks {
    fn add(&mut self, requirement: &'static str, unknown: OnUnknown, outcome: Outcome) {
        let (state, detail) = outcome;
        let allowed = match state {
            State::Met => true,
            State::NotMet => false,
            State::Unknown => unknown == OnUnknown::Allow,
        };
        self.0.push(Check {
            requirement,
            state,
            allowed,
            detail,
        });
    }
}

fn of_verdict(verdict: &Verdict) -> Outcome {
    (state(verdict.answer), verdict.detail.clone())
}

fn state(answer: crate::Answer) -> State {
    match answer {
        crate::Answer::Yes => State::Met,
        crate::Answer::No => State::NotMet,
        crate::Answer::Unknown => State::Unknown,
    }
}
