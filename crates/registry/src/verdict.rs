//! Trying the given keys on what is attached.

use polar_model::{Artifact, VerificationKey};
use polar_source::SourceError;
use polar_verify::{PublicKey, Subject, Verdict, bundle_signs_bytes};

use crate::{repository::RepositoryReading, wire::Descriptor};

/// A public key to verify with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenKey {
    /// The key.
    pub key: PublicKey,
    /// Repositories for which it counts: prefixes of `registry/repository/` that end with `/`; empty:
    /// all.
    pub repositories: Vec<String>,
}

impl GivenKey {
    fn told(&self) -> VerificationKey {
        VerificationKey {
            fingerprint: self.key.fingerprint().to_owned(),
            name: Some(self.key.name().to_owned()),
            repositories: self.repositories.clone(),
        }
    }
}

/// What became of trying the keys.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    pub(crate) verified_by: Vec<VerificationKey>,
    pub(crate) checked_with: Vec<VerificationKey>,
    pub(crate) reason: Option<String>,
}

impl Checked {
    /// Keys are given, and none of them can be tried.
    pub(crate) fn unknown_kind() -> Self {
        Self {
            reason: Some("signatures of this kind are not checked".to_owned()),
            ..Self::default()
        }
    }

    fn from(verdict: Verdict<'_>, keys: &[GivenKey]) -> Self {
        let (made, reason) = match verdict {
            Ok(made) => (made, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        let made = keys.iter().filter(|given| made.contains(&&given.key));
        Self {
            verified_by: made.map(GivenKey::told).collect(),
            checked_with: keys.iter().map(GivenKey::told).collect(),
            reason,
        }
    }
}

/// A layer with a payload of cosign's, and the signature in its annotations.
pub(crate) fn simple_signing(
    payload: &[u8],
    layer: &Descriptor,
    subject: &str,
    keys: &[GivenKey],
) -> Checked {
    let annotation = |name: &str| layer.annotations.get(name).map(String::as_str);
    let signature = annotation("dev.cosignproject.cosign/signature");
    let certificate = annotation("dev.sigstore.cosign/certificate");
    let public: Vec<&PublicKey> = keys.iter().map(|given| &given.key).collect();
    let verdict = polar_verify::simple_signing(payload, signature, certificate, subject, &public);
    Checked::from(verdict, keys)
}

/// An envelope or a bundle. The subject itself is asked for only where its own bytes are signed.
pub(crate) async fn envelope(
    reading: &RepositoryReading<'_>,
    document: &[u8],
    subject: &str,
) -> Result<Checked, SourceError> {
    let keys = &reading.options.keys;
    if keys.is_empty() {
        return Ok(Checked::default());
    }
    let fetched = if bundle_signs_bytes(document) {
        Some(reading.api.manifest(reading.name, subject).await?)
    } else {
        None
    };
    let about = Subject {
        digest: subject,
        bytes: fetched.as_ref().map(|fetched| fetched.bytes.as_slice()),
    };
    let public: Vec<&PublicKey> = keys.iter().map(|given| &given.key).collect();
    Ok(Checked::from(
        polar_verify::envelope(document, about, &public),
        keys,
    ))
}

/// Adds a signature to those that stand in the same manifest: one that a key made is enough.
pub(crate) fn join(signatures: &mut Artifact, other: Artifact) {
    let reason = other.unverified_reason;
    for (keys, others) in [
        (&mut signatures.verified_by, other.verified_by),
        (&mut signatures.checked_with, other.checked_with),
    ] {
        for key in others {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    if signatures.verified_by.is_empty() {
        signatures.unverified_reason = signatures.unverified_reason.take().or(reason);
    } else {
        signatures.unverified_reason = None;
    }
}
