//! Public keys: read from PEM, known by the digest of their `SubjectPublicKeyInfo`.

use rustls_pki_types::{SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, pem::PemObject};
use sha2::{Digest, Sha256};
use webpki::{RawPublicKeyEntity, ring};
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer,
    public_key::PublicKey as Parsed, x509::SubjectPublicKeyInfo,
};

/// What cosign can sign with. It takes SHA-256 for most keys, whatever their length, and the digest
/// of the curve's length for some: each that fits the key is tried.
static ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 11] = [
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA256,
    ring::ECDSA_P384_SHA384,
    ring::ED25519,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA512,
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// A public key that somebody gave, with the name they gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    fingerprint: String,
    spki: SubjectPublicKeyInfoDer<'static>,
}

/// Why a text is no public key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It holds a private key, which must not be here.
    #[error(
        "it holds a private key (`{0}`), which must stay with its owner; give the public key, which \
         begins with `-----BEGIN PUBLIC KEY-----`"
    )]
    Private(String),
    /// It holds something else, or several things.
    #[error(
        "it holds {0}; it must hold one public key, which begins with `-----BEGIN PUBLIC KEY-----`"
    )]
    NotOneKey(String),
    /// The PEM or what is in it is broken.
    #[error("its public key cannot be read: {0}")]
    Broken(String),
    /// A key of a kind that is not known here.
    #[error(
        "its public key is of a kind that is not supported: {0}; ECDSA on P-256 or P-384, Ed25519, and RSA of 2048 to 8192 bits are"
    )]
    Unsupported(String),
}

impl PublicKey {
    /// Reads a key from PEM (`-----BEGIN PUBLIC KEY-----`, RFC 7468), and calls it `name`.
    ///
    /// # Errors
    /// [`KeyError`] says what the text is instead; nothing of a private key is in it.
    pub fn from_pem(name: &str, pem: &[u8]) -> Result<Self, KeyError> {
        one_public_key(pem)?;
        let spki = SubjectPublicKeyInfoDer::from_pem_slice(pem);
        let spki = spki.map_err(|error| KeyError::Broken(error.to_string()))?;
        check_kind(&spki)?;
        Ok(Self {
            name: name.to_owned(),
            fingerprint: format!("sha256:{}", hex(&Sha256::digest(&spki))),
            spki,
        })
    }

    /// The name that it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// `sha256:` and the digest of its `SubjectPublicKeyInfo` (DER) in hex.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Whether it made a signature over a message.
    pub(crate) fn made(&self, message: &[u8], signature: &[u8]) -> bool {
        RawPublicKeyEntity::try_from(&self.spki).is_ok_and(|key| {
            let fits = |algorithm: &&dyn SignatureVerificationAlgorithm| {
                key.verify_signature(*algorithm, message, signature).is_ok()
            };
            ALGORITHMS.iter().any(fits)
        })
    }
}

/// Refuses what is not exactly one public key; private keys first, by any name that PEM has for them.
fn one_public_key(pem: &[u8]) -> Result<(), KeyError> {
    let text = String::from_utf8_lossy(pem);
    let labels = text.lines().filter_map(|line| {
        let label = line.trim().strip_prefix("-----BEGIN ")?;
        Some(label.trim_end_matches('-'))
    });
    let labels: Vec<&str> = labels.collect();
    if let Some(label) = labels.iter().find(|label| label.contains("PRIVATE KEY")) {
        return Err(KeyError::Private((*label).to_owned()));
    }
    match labels.as_slice() {
        ["PUBLIC KEY"] => Ok(()),
        [] => Err(KeyError::NotOneKey("no PEM".to_owned())),
        labels => Err(KeyError::NotOneKey(format!("`{}`", labels.join("`, `")))),
    }
}

fn check_kind(spki: &SubjectPublicKeyInfoDer<'_>) -> Result<(), KeyError> {
    let broken = |reason: String| KeyError::Broken(reason);
    let entity = RawPublicKeyEntity::try_from(spki).map_err(|error| broken(error.to_string()))?;
    let (_, parsed) =
        SubjectPublicKeyInfo::from_der(spki).map_err(|error| broken(error.to_string()))?;
    if let Ok(Parsed::RSA(key)) = parsed.parsed()
        && !(2048..=8192).contains(&key.key_size())
    {
        return Err(KeyError::Unsupported(format!(
            "RSA of {} bits",
            key.key_size()
        )));
    }
    // No signature is made over nothing; what is asked is which algorithms go with the key at all.
    let goes_with = |algorithm: &&&dyn SignatureVerificationAlgorithm| {
        let refused = entity.verify_signature(**algorithm, &[], &[]).err();
        refused == Some(webpki::Error::InvalidSignatureForPublicKey)
    };
    if ALGORITHMS.iter().any(|algorithm| goes_with(&algorithm)) {
        return Ok(());
    }
    let kind = parsed.algorithm.algorithm.to_id_string();
    let curve = parsed.algorithm.parameters.as_ref();
    let curve = curve.and_then(|curve| curve.as_oid().ok());
    let curve = curve.map(|curve| format!(" with {}", curve.to_id_string()));
    Err(KeyError::Unsupported(format!(
        "{kind}{}",
        curve.unwrap_or_default()
    )))
}

/// Whom a certificate (DER) names: the first of its alternative names, else its subject. Nothing of
/// it is checked.
pub(crate) fn holder(der: &[u8]) -> String {
    let Ok((_, certificate)) = X509Certificate::from_der(der) else {
        return "nobody: it cannot be read".to_owned();
    };
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|names| &names.value.general_names);
    let name = names.into_iter().find_map(|name| match name {
        GeneralName::RFC822Name(name) | GeneralName::URI(name) | GeneralName::DNSName(name) => {
            Some((*name).to_owned())
        }
        _ => None,
    });
    name.unwrap_or_else(|| certificate.subject().to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
