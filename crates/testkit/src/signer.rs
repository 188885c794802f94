//! A key that signs images and statements as cosign does.

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{KeyPair, SigningKey};
use serde_json::{Value, json};

use crate::oci::{Blob, Image};

/// A key pair (ECDSA on P-256, which cosign makes).
pub struct Signer(KeyPair);

impl Signer {
    /// Makes one.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn new() -> Self {
        Self(KeyPair::generate().unwrap())
    }

    /// Its public key, PEM.
    #[must_use]
    pub fn public_pem(&self) -> String {
        self.0.public_key_pem()
    }

    /// Its private key, PEM.
    #[must_use]
    pub fn private_pem(&self) -> String {
        self.0.serialize_pem()
    }

    /// A signature in base64.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message).unwrap())
    }

    /// An envelope of an in-toto statement.
    #[must_use]
    pub fn envelope(&self, statement: &Value) -> Value {
        let payload = statement.to_string();
        let kind = "application/vnd.in-toto+json";
        let signed = format!("DSSEv1 {} {kind} {} {payload}", kind.len(), payload.len());
        json!({"payloadType": kind, "payload": STANDARD.encode(&payload),
            "signatures": [{"keyid": "", "sig": self.sign(signed.as_bytes())}]})
    }
}

impl Default for Signer {
    fn default() -> Self {
        Self::new()
    }
}

/// What cosign puts beside an image when these sign it, one after the other.
#[must_use]
pub fn signed(subject: &str, repository: &str, signers: &[&Signer]) -> Image {
    let payload = json!({"critical": {"identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": subject}, "type": "cosign container image signature"},
        "optional": null});
    let layer = Blob::json("application/vnd.dev.cosign.simplesigning.v1+json", &payload);
    let config = Blob::json("application/vnd.oci.image.config.v1+json", &json!({}));
    let descriptors = signers.iter().map(|signer| {
        let mut descriptor = layer.descriptor();
        let signature = signer.sign(&layer.bytes);
        descriptor["annotations"] = json!({"dev.cosignproject.cosign/signature": signature});
        descriptor
    });
    let descriptors: Vec<Value> = descriptors.collect();
    Image::of(config, vec![layer], &json!({"layers": descriptors}))
}

/// A manifest that holds a document about another one, found by the referrers API.
#[must_use]
pub fn referrer(subject: &Blob, media_type: &str, document: &Value) -> Image {
    let layer = Blob::json(media_type, document);
    let config = Blob::json("application/vnd.oci.empty.v1+json", &json!({}));
    let more = json!({"subject": subject.descriptor(), "artifactType": media_type});
    Image::of(config, vec![layer], &more)
}
