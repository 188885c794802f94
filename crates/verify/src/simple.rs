//! Simple signing, as cosign does it: a small JSON document that names the digest of a manifest, and
//! a signature over its bytes beside it.

use base64::{Engine, engine::general_purpose::STANDARD};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;

use crate::{NotVerified, PublicKey, Verdict, by_none, made_by};

/// What the document says that it is.
const TYPE: &str = "cosign container image signature";

#[derive(Deserialize)]
struct Payload {
    critical: Critical,
}

#[derive(Deserialize)]
struct Critical {
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct Image {
    #[serde(rename = "docker-manifest-digest")]
    digest: String,
}

/// Checks a signature of the manifest whose digest is `subject`.
///
/// `signature` is base64 (annotation `dev.cosignproject.cosign/signature`), `certificate` PEM
/// (annotation `dev.sigstore.cosign/certificate`). The name of the image in the document is not
/// compared: an image keeps its signature when it is copied to another repository.
///
/// # Errors
/// [`NotVerified`] says why no key can be named.
pub fn simple_signing<'k>(
    payload: &[u8],
    signature: Option<&str>,
    certificate: Option<&str>,
    subject: &str,
    keys: &[&'k PublicKey],
) -> Verdict<'k> {
    let malformed = |reason: String| NotVerified::Malformed(reason);
    let Payload { critical } = serde_json::from_slice(payload)
        .map_err(|error| malformed(format!("its payload is none of cosign's: {error}")))?;
    if critical.kind != TYPE {
        return Err(malformed(format!(
            "its payload is of the type `{}`",
            critical.kind
        )));
    }
    if critical.image.digest != subject {
        return Err(NotVerified::OtherSubject);
    }
    let signature = signature.filter(|text| !text.trim().is_empty());
    let signature = signature.ok_or(NotVerified::Unsigned)?;
    let signature = STANDARD
        .decode(signature.trim())
        .map_err(|error| malformed(format!("its signature is no base64: {error}")))?;
    let made = made_by(keys, payload, &signature);
    if !made.is_empty() {
        return Ok(made);
    }
    let certificate = certificate.filter(|pem| !pem.trim().is_empty());
    let certificate = certificate.map(|pem| self::certificate(pem).unwrap_or_default());
    Err(by_none(certificate.as_deref()))
}

/// A certificate (PEM) as DER.
pub(crate) fn certificate(pem: &str) -> Option<Vec<u8>> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes());
    der.ok().map(|der| der.to_vec())
}
