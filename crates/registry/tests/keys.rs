//! Reading a real registry with keys to verify with.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use polar_model::{Artifact, ArtifactKind, Observation};
use polar_registry::{GivenKey, Registry, RegistryOptions};
use polar_source::Sink;
use polar_testkit::{
    DockerRegistry, Signer,
    oci::{self, Blob, Image},
    referrer, signed,
};
use polar_verify::PublicKey;
use serde_json::{Value, json};

const REPOSITORY: &str = "shop/checkout";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

fn given(name: &str, signer: &Signer) -> GivenKey {
    GivenKey {
        key: PublicKey::from_pem(name, signer.public_pem().as_bytes()).unwrap(),
        repositories: vec![format!("{name}/")],
    }
}

/// An image under a tag, with what is attached to it by cosign's tag.
struct Estate {
    registry: DockerRegistry,
    image: Image,
}

impl Estate {
    async fn new() -> Self {
        let registry = DockerRegistry::start();
        let image = Image::linux("amd64", &json!({}));
        image.push(&registry, REPOSITORY, Some("1.4.0")).await;
        Self { registry, image }
    }

    fn digest(&self) -> &str {
        &self.image.manifest.digest
    }

    async fn attach(&self, image: &Image, suffix: &str) {
        let tag = format!("{}{suffix}", self.image.manifest.tag());
        image.push(&self.registry, REPOSITORY, Some(&tag)).await;
    }

    /// Attaches manifests by the referrers tag, as clients do where the API is missing.
    async fn refer(&self, referrers: &[&Image]) {
        for referrer in referrers {
            referrer.push(&self.registry, REPOSITORY, None).await;
        }
        let manifests = referrers.iter().map(|image| image.manifest.descriptor());
        let index = json!({"schemaVersion": 2, "mediaType": oci::INDEX,
            "manifests": manifests.collect::<Vec<_>>()});
        let index = Blob::json(oci::INDEX, &index);
        let tag = self.image.manifest.tag();
        self.registry
            .push_manifest(REPOSITORY, &tag, oci::INDEX, &index.bytes)
            .await;
    }

    async fn read(&self, keys: &[GivenKey]) -> Vec<Artifact> {
        let options = RegistryOptions {
            plain_http: true,
            keys: keys.to_vec(),
            // A key that is new is tried on what is attached to images that are known.
            known_manifests: [self.digest().to_owned()].into(),
            ..RegistryOptions::new(&self.registry.host)
        };
        let registry = Registry::new(options).unwrap();
        let (outcome, observations, problems) =
            Sink::collect(async |sink| registry.observe(sink).await).await;
        assert_eq!(problems, []);
        assert!(outcome.unwrap().complete);
        let artifacts = observations
            .into_iter()
            .filter_map(|observation| match observation {
                Observation::Artifact(artifact) => Some(artifact),
                _ => None,
            });
        artifacts.collect()
    }

    /// Reads the one artifact that there is.
    async fn one(&self, keys: &[GivenKey]) -> Artifact {
        let [artifact] = self.read(keys).await.try_into().unwrap();
        artifact
    }
}

fn names(keys: &[polar_model::VerificationKey]) -> Vec<&str> {
    keys.iter()
        .map(|key| key.name.as_deref().unwrap())
        .collect()
}

#[tokio::test]
async fn a_signature_is_verified_with_given_keys() {
    let estate = Estate::new().await;
    let [release, other, third] = std::array::from_fn(|_| Signer::new());
    let first = signed(estate.digest(), REPOSITORY, &[&release]);
    estate.attach(&first, ".sig").await;
    let keys = [given("release", &release), given("other", &other)];

    let found = estate.one(&[]).await;
    assert_eq!(
        (names(&found.verified_by), names(&found.checked_with)),
        (vec![], vec![])
    );
    assert_eq!(found.unverified_reason, None);
    assert_eq!(
        found.registry.as_deref(),
        Some(estate.registry.host.as_str())
    );
    assert_eq!(found.repository.as_deref(), Some(REPOSITORY));

    let found = estate.one(&keys).await;
    assert_eq!(found.kind, ArtifactKind::Signature);
    assert_eq!(found.digest, first.manifest.digest);
    assert_eq!(names(&found.verified_by), ["release"]);
    assert_eq!(names(&found.checked_with), ["release", "other"]);
    assert_eq!(found.verified_by[0].repositories, ["release/"]);
    assert_eq!(found.verified_by[0].fingerprint, keys[0].key.fingerprint());
    assert_eq!(found.unverified_reason, None);

    let found = estate.one(&[given("third", &third)]).await;
    assert_eq!(names(&found.verified_by), [""; 0]);
    assert_eq!(names(&found.checked_with), ["third"]);
    let reason = found.unverified_reason.unwrap();
    assert_eq!(reason, "none of the given keys made its signature");

    // Signed once more: one manifest, in which each key finds its own.
    let both = signed(estate.digest(), REPOSITORY, &[&third, &release]);
    estate.attach(&both, ".sig").await;
    let found = estate.one(&keys).await;
    assert_eq!(found.digest, both.manifest.digest);
    assert_eq!(names(&found.verified_by), ["release"]);
    assert_eq!(found.unverified_reason, None);
}

#[tokio::test]
async fn a_signature_of_another_image() {
    let estate = Estate::new().await;
    let release = Signer::new();
    let other = signed(
        &format!("sha256:{}", "a".repeat(64)),
        REPOSITORY,
        &[&release],
    );
    estate.attach(&other, ".sig").await;
    let found = estate.one(&[given("release", &release)]).await;
    assert_eq!(names(&found.verified_by), [""; 0]);
    let reason = found.unverified_reason.unwrap();
    assert!(reason.contains("another image"), "{reason}");
}

#[tokio::test]
async fn a_kind_of_signature_that_no_key_is_tried_on() {
    let estate = Estate::new().await;
    let notary = referrer(&estate.image.manifest, "application/jose+json", &json!({}));
    estate.refer(&[&notary]).await;
    let found = estate.one(&[given("release", &Signer::new())]).await;
    assert_eq!(names(&found.checked_with), [""; 0]);
    let reason = found.unverified_reason.unwrap();
    assert_eq!(reason, "signatures of this kind are not checked");
}

fn statement(digest: &str, predicate_type: &str) -> Value {
    let hex = digest.trim_start_matches("sha256:");
    json!({"_type": "https://in-toto.io/Statement/v1", "predicateType": predicate_type,
           "subject": [{"name": "image", "digest": {"sha256": hex}}], "predicate": {}})
}

#[tokio::test]
async fn attestations_and_bundles() {
    let estate = Estate::new().await;
    let release = Signer::new();
    let subject = &estate.image.manifest;
    let bundle = |field: &str, value: Value| json!({"mediaType": BUNDLE, "verificationMaterial": {"publicKey": {}}, field: value});
    let envelope = |kind| release.envelope(&statement(&subject.digest, kind));
    let provenance = envelope("https://slsa.dev/provenance/v1");
    let signature = bundle(
        "dsseEnvelope",
        envelope("https://sigstore.dev/cosign/sign/v1"),
    );
    let message = json!({"signature": release.sign(&subject.bytes)});
    let message = bundle("messageSignature", message);
    let mut forged = provenance.clone();
    forged["signatures"][0]["sig"] = release.sign(b"something else").into();
    let documents = [
        (
            "application/vnd.dsse.envelope.v1+json",
            &provenance,
            ArtifactKind::Attestation,
            true,
        ),
        (BUNDLE, &signature, ArtifactKind::Signature, true),
        (BUNDLE, &message, ArtifactKind::Signature, true),
        (
            "application/vnd.dsse.envelope.v1+json",
            &forged,
            ArtifactKind::Attestation,
            false,
        ),
    ];
    for (media_type, document, kind, is_good) in documents {
        let estate = Estate::new().await;
        estate
            .refer(&[&referrer(subject, media_type, document)])
            .await;
        let found = estate.one(&[given("release", &release)]).await;
        assert_eq!(found.kind, kind, "{document}");
        let by: &[&str] = if is_good { &["release"] } else { &[] };
        assert_eq!(names(&found.verified_by), by, "{document}");
        assert_eq!(found.unverified_reason.is_none(), is_good, "{document}");
        let other = estate.one(&[given("other", &Signer::new())]).await;
        assert_eq!(names(&other.verified_by), [""; 0], "{document}");
    }
}
