//! DSSE envelopes of in-toto statements, bare or in a Sigstore bundle, and bundles that sign the
//! subject's own bytes.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;

use crate::{NotVerified, PublicKey, Verdict, by_none, made_by};

/// The payload that says of itself what it is about.
const IN_TOTO: &str = "application/vnd.in-toto+json";
/// What every version of an in-toto statement calls itself.
const STATEMENT: &str = "https://in-toto.io/Statement/";

/// A manifest that something is attached to.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// Its digest, as `sha256:…`.
    pub digest: &'a str,
    /// Its bytes, which have that digest; see [`bundle_signs_bytes`].
    pub bytes: Option<&'a [u8]>,
}

/// A bundle, an envelope, or neither.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer {
    verification_material: Option<Material>,
    dsse_envelope: Option<Envelope>,
    message_signature: Option<MessageSignature>,
    #[serde(flatten)]
    bare: Bare,
}

/// The parts of an envelope that stands alone.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bare {
    payload: Option<String>,
    payload_type: Option<String>,
    signatures: Option<Vec<Signature>>,
}

/// What a bundle says about its signer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Material {
    certificate: Option<Certificate>,
    /// The form of it before version 0.3.
    x509_certificate_chain: Option<Chain>,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<Certificate>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Certificate {
    raw_bytes: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
struct Signature {
    sig: String,
    /// A certificate that cosign once kept in envelopes; PEM.
    cert: Option<String>,
}

#[derive(Deserialize)]
struct MessageSignature {
    signature: String,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    digest: BTreeMap<String, String>,
}

/// Whether a document is a bundle with a signature over the subject's own bytes, without a
/// statement: to check it, they are needed.
#[must_use]
pub fn bundle_signs_bytes(document: &[u8]) -> bool {
    serde_json::from_slice::<Outer>(document).is_ok_and(|outer| outer.message_signature.is_some())
}

/// Checks a DSSE envelope or a Sigstore bundle (JSON) about a manifest.
///
/// # Errors
/// [`NotVerified`] says why no key can be named.
pub fn envelope<'k>(document: &[u8], subject: Subject<'_>, keys: &[&'k PublicKey]) -> Verdict<'k> {
    let outer: Outer = serde_json::from_slice(document)
        .map_err(|error| malformed(format!("it is neither an envelope nor a bundle: {error}")))?;
    let certificate = outer.verification_material.and_then(Material::certificate);
    if let Some(signed) = outer.message_signature {
        let signature = decoded("its signature", &signed.signature)?;
        let bytes = subject.bytes.ok_or_else(|| {
            malformed("it signs the manifest's own bytes, which are not at hand".to_owned())
        })?;
        let made = made_by(keys, bytes, &signature);
        return if made.is_empty() {
            Err(by_none(certificate.as_deref()))
        } else {
            Ok(made)
        };
    }
    let envelope = match outer.dsse_envelope {
        Some(envelope) => envelope,
        None => outer.bare.envelope()?,
    };
    envelope.check(subject.digest, certificate, keys)
}

impl Bare {
    fn envelope(self) -> Result<Envelope, NotVerified> {
        // A statement in no envelope is what BuildKit puts beside an image.
        let (Some(payload), Some(signatures)) = (self.payload, self.signatures) else {
            return Err(NotVerified::Unsigned);
        };
        Ok(Envelope {
            payload,
            payload_type: self.payload_type.unwrap_or_default(),
            signatures,
        })
    }
}

impl Envelope {
    fn check<'k>(
        &self,
        subject: &str,
        certificate: Option<Vec<u8>>,
        keys: &[&'k PublicKey],
    ) -> Verdict<'k> {
        if self.payload_type != IN_TOTO {
            let reason = format!("its payload is of the type `{}`", self.payload_type);
            return Err(malformed(reason));
        }
        let payload = decoded("its payload", &self.payload)?;
        check_subject(&payload, subject)?;
        if self.signatures.is_empty() {
            return Err(NotVerified::Unsigned);
        }
        let message = pre_authentication_encoding(&self.payload_type, &payload);
        let mut made: Vec<&PublicKey> = Vec::new();
        let mut broken = None;
        // One good signature is enough, whatever stands beside it.
        for signature in &self.signatures {
            match decoded("its signature", &signature.sig) {
                Ok(signature) => made.extend(made_by(keys, &message, &signature)),
                Err(error) => broken = Some(error),
            }
        }
        made.sort_by_key(|key| key.fingerprint());
        made.dedup();
        if !made.is_empty() {
            return Ok(made);
        }
        if let Some(broken) = broken {
            return Err(broken);
        }
        let kept = self.signatures.iter().find_map(|signature| {
            let pem = signature.cert.as_deref()?;
            crate::simple::certificate(pem)
        });
        Err(by_none(certificate.or(kept).as_deref()))
    }
}

impl Material {
    /// The signer's certificate, DER.
    fn certificate(self) -> Option<Vec<u8>> {
        let chain = self.x509_certificate_chain.map(|chain| chain.certificates);
        let first = chain.and_then(|chain| chain.into_iter().next());
        let certificate = self.certificate.or(first)?;
        Some(STANDARD.decode(certificate.raw_bytes).unwrap_or_default())
    }
}

/// A statement names each thing that it is about by digest, one of which must be the subject's.
fn check_subject(payload: &[u8], subject: &str) -> Result<(), NotVerified> {
    let statement: Statement = serde_json::from_slice(payload)
        .map_err(|error| malformed(format!("its payload is no in-toto statement: {error}")))?;
    if !statement.kind.starts_with(STATEMENT) {
        let reason = format!("its payload is of the type `{}`", statement.kind);
        return Err(malformed(reason));
    }
    let (algorithm, hex) = subject.split_once(':').unwrap_or_default();
    let is_subject = |named: &Named| {
        named
            .digest
            .get(algorithm)
            .is_some_and(|named| named == hex)
    };
    if hex.is_empty() || !statement.subject.iter().any(is_subject) {
        return Err(NotVerified::OtherSubject);
    }
    Ok(())
}

/// What is signed of an envelope (DSSE v1, "PAE"): type and payload, each with its length.
fn pre_authentication_encoding(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

fn decoded(what: &str, text: &str) -> Result<Vec<u8>, NotVerified> {
    let bytes = STANDARD.decode(text);
    bytes.map_err(|error| malformed(format!("{what} is no base64: {error}")))
}

fn malformed(reason: String) -> NotVerified {
    NotVerified::Malformed(reason)
}
