//! Images and what is attached to them, as bytes with digests.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::DockerRegistry;

/// Media type of an image index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
/// Media type of a manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Bytes with their digest and media type.
#[derive(Debug, Clone)]
pub struct Blob {
    /// `sha256:…`.
    pub digest: String,
    /// Media type.
    pub media_type: String,
    /// The bytes.
    pub bytes: Vec<u8>,
}

impl Blob {
    /// Bytes of a media type.
    #[must_use]
    pub fn new(media_type: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let hex: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Self {
            digest: format!("sha256:{hex}"),
            media_type: media_type.to_owned(),
            bytes,
        }
    }

    /// JSON of a media type.
    #[must_use]
    pub fn json(media_type: &str, value: &Value) -> Self {
        Self::new(media_type, value.to_string())
    }

    /// A descriptor of it.
    #[must_use]
    pub fn descriptor(&self) -> Value {
        json!({"mediaType": self.media_type, "digest": self.digest, "size": self.bytes.len()})
    }

    /// The digest as a part of a tag: `sha256-…`.
    #[must_use]
    pub fn tag(&self) -> String {
        self.digest.replace(':', "-")
    }
}

/// A manifest with its config and layers.
#[derive(Debug, Clone)]
pub struct Image {
    /// The manifest.
    pub manifest: Blob,
    /// Config and layers.
    pub blobs: Vec<Blob>,
}

impl Image {
    /// A manifest of a config and layers, with further fields.
    #[must_use]
    pub fn of(config: Blob, layers: Vec<Blob>, more: &Value) -> Self {
        let mut manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST,
            "config": config.descriptor(),
            "layers": layers.iter().map(Blob::descriptor).collect::<Vec<_>>()});
        for (name, value) in more.as_object().into_iter().flatten() {
            manifest[name] = value.clone();
        }
        let blobs = [vec![config], layers].concat();
        let manifest = Blob::json(MANIFEST, &manifest);
        Self { manifest, blobs }
    }

    /// An image for Linux, with labels.
    #[must_use]
    pub fn linux(architecture: &str, labels: &Value) -> Self {
        let config = json!({"created": "2026-10-05T13:22:10Z", "architecture": architecture,
            "os": "linux", "config": {"Env": ["PATH=/bin"], "Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", "0".repeat(64))]},
            "history": [{"created_by": "/bin/sh -c #(nop) ADD file"}]});
        let config = Blob::json("application/vnd.oci.image.config.v1+json", &config);
        let layer = Blob::new(
            "application/vnd.oci.image.layer.v1.tar+gzip",
            format!("layer for {architecture} {labels}"),
        );
        Self::of(config, vec![layer], &json!({}))
    }

    /// Puts it into a repository, under a tag or else its digest.
    ///
    /// # Panics
    /// If the registry refuses.
    pub async fn push(&self, registry: &DockerRegistry, repository: &str, tag: Option<&str>) {
        for blob in &self.blobs {
            registry
                .push_blob(repository, &blob.digest, &blob.bytes)
                .await;
        }
        let Blob {
            digest,
            media_type,
            bytes,
        } = &self.manifest;
        let reference = tag.unwrap_or(digest);
        registry
            .push_manifest(repository, reference, media_type, bytes)
            .await;
    }
}

/// An index of images for several platforms.
#[must_use]
pub fn index(images: &[(&Image, &str)]) -> Blob {
    let manifests: Vec<_> = images
        .iter()
        .map(|(image, architecture)| {
            let mut descriptor = image.manifest.descriptor();
            descriptor["platform"] = json!({"os": "linux", "architecture": architecture});
            descriptor
        })
        .collect();
    let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests});
    Blob::json(INDEX, &index)
}

/// What cosign puts beside an image when it signs it.
#[must_use]
pub fn cosign_signature(subject: &str, repository: &str) -> Image {
    let signed = json!({"critical": {"identity": {"docker-reference": repository},
        "image": {"docker-manifest-digest": subject}, "type": "cosign container image signature"},
        "optional": null});
    let layer = Blob::json("application/vnd.dev.cosign.simplesigning.v1+json", &signed);
    let config = Blob::json("application/vnd.oci.image.config.v1+json", &json!({}));
    let mut descriptor = layer.descriptor();
    descriptor["annotations"] = json!({"dev.cosignproject.cosign/signature": "MEUCIQDx"});
    Image::of(config, vec![layer], &json!({"layers": [descriptor]}))
}

/// What cosign puts beside an image when it attests where it was built from.
#[must_use]
pub fn cosign_provenance(subject: &str, builder: &str, source: &str, commit: &str) -> Image {
    let hex = subject.trim_start_matches("sha256:");
    let statement = json!({"_type": "https://in-toto.io/Statement/v1",
        "predicateType": "https://slsa.dev/provenance/v1",
        "subject": [{"name": "image", "digest": {"sha256": hex}}],
        "predicate": {"runDetails": {"builder": {"id": builder}},
            "buildDefinition": {"resolvedDependencies": [
                {"uri": format!("git+{source}@refs/heads/main"), "digest": {"gitCommit": commit}}]}}});
    let payload = base64_of(statement.to_string().as_bytes());
    let envelope = json!({"payloadType": "application/vnd.in-toto+json", "payload": payload,
        "signatures": [{"keyid": "", "sig": "MEUCIQDx"}]});
    let layer = Blob::json("application/vnd.dsse.envelope.v1+json", &envelope);
    let config = Blob::json("application/vnd.oci.image.config.v1+json", &json!({}));
    let mut descriptor = layer.descriptor();
    descriptor["annotations"] = json!({"predicateType": "https://slsa.dev/provenance/v1"});
    Image::of(config, vec![layer], &json!({"layers": [descriptor]}))
}

/// A Helm chart.
#[must_use]
pub fn chart(name: &str, version: &str) -> Image {
    let config = json!({"name": name, "version": version, "appVersion": "1.4.0", "apiVersion": "v2",
        "sources": ["https://gitlab.example.com/platform/charts"]});
    let config = Blob::json("application/vnd.cncf.helm.config.v1+json", &config);
    let layer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
    Image::of(config, vec![Blob::new(layer, name.as_bytes())], &json!({}))
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
