//! Whether a signature or an attestation of an image was made with one of the public keys that
//! somebody gave: cosign's simple signing, DSSE envelopes of in-toto statements, and Sigstore
//! bundles. Pure: bytes in, verdict out.
//!
//! It knows no registry and no graph, reads no file, and asks no service: neither certificates nor
//! transparency logs are checked, so that a signature made without a key is never verified here.
//!
//! Invariant: a verdict is positive only if the signed bytes themselves name the digest of the
//! subject (or are the subject), and a given key made a signature over exactly those bytes.

mod envelope;
mod key;
mod simple;

pub use envelope::{Subject, bundle_signs_bytes, envelope};
pub use key::{KeyError, PublicKey};
pub use simple::simple_signing;

/// The keys that made a signature, at least one; or why none can be named.
pub type Verdict<'k> = Result<Vec<&'k PublicKey>, NotVerified>;

/// Why no given key verifies something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// What is signed names another digest than that of the subject.
    #[error("what is signed is about another image than the one it is attached to")]
    OtherSubject,
    /// What is signed is not what it should be.
    #[error("{0}")]
    Malformed(String),
    /// There is no signature in it.
    #[error("it carries no signature")]
    Unsigned,
    /// A certificate stands for the signer; only its own name for them is told, unchecked.
    #[error("signed without a key (certificate of {0})")]
    Keyless(String),
    /// No given key made a signature in it.
    #[error("none of the given keys made its signature")]
    OtherKey,
}

/// The keys that made `signature` over `message`.
fn made_by<'k>(keys: &[&'k PublicKey], message: &[u8], signature: &[u8]) -> Vec<&'k PublicKey> {
    let made = keys.iter().filter(|key| key.made(message, signature));
    made.copied().collect()
}

/// A negative verdict that names the certificate, where there is one.
fn by_none(certificate: Option<&[u8]>) -> NotVerified {
    match certificate {
        Some(der) => NotVerified::Keyless(key::holder(der)),
        None => NotVerified::OtherKey,
    }
}
