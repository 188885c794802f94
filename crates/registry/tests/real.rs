//! Reading a real registry, filled through its API.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{collections::BTreeMap, time::Duration};

use polar_model::{ArtifactKind, Observation};
use polar_registry::{Login, Registry, RegistryOptions};
use polar_source::{HttpOptions, Outcome, Problem, Secret, Sink, SourceError};
use polar_testkit::{
    Certificates, DockerRegistry, REGISTRY_LOGIN,
    oci::{self, Image},
};
use serde_json::json;

const COMMIT: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";

struct Estate {
    registry: DockerRegistry,
    amd64: Image,
    arm64: Image,
    index: oci::Blob,
    signature: Image,
    provenance: Image,
    chart: Image,
}

impl Estate {
    async fn new() -> Self {
        let registry = DockerRegistry::start();
        let labels = json!({"org.opencontainers.image.revision": COMMIT, "maintainer": "x"});
        let [amd64, arm64] = ["amd64", "arm64"].map(|name| Image::linux(name, &labels));
        let index = oci::index(&[(&amd64, "amd64"), (&arm64, "arm64")]);
        let repository = "shop/checkout";
        amd64.push(&registry, repository, None).await;
        arm64.push(&registry, repository, None).await;
        for tag in ["1.4.0", "latest"] {
            registry
                .push_manifest(repository, tag, oci::INDEX, &index.bytes)
                .await;
        }
        let signature = oci::cosign_signature(&index.digest, repository);
        signature
            .push(&registry, repository, Some(&format!("{}.sig", index.tag())))
            .await;
        let source = "https://gitlab.example.com/shop/checkout";
        let provenance = oci::cosign_provenance(&index.digest, "https://ci/3", source, COMMIT);
        provenance
            .push(&registry, repository, Some(&format!("{}.att", index.tag())))
            .await;
        let chart = oci::chart("shop-service", "2.3.0");
        chart
            .push(&registry, "charts/shop-service", Some("2.3.0"))
            .await;
        Self {
            registry,
            amd64,
            arm64,
            index,
            signature,
            provenance,
            chart,
        }
    }
}

fn plain(host: &str) -> RegistryOptions {
    RegistryOptions {
        plain_http: true,
        http: HttpOptions {
            attempts: 2,
            first_wait: Duration::from_millis(1),
            ..HttpOptions::default()
        },
        ..RegistryOptions::new(host)
    }
}

type Read = (Result<Outcome, SourceError>, Vec<Observation>, Vec<Problem>);

async fn read(options: RegistryOptions) -> Read {
    let registry = Registry::new(options).unwrap();
    Sink::collect(async |sink| registry.observe(sink).await).await
}

/// Observations by type, in the words of their JSON, without times.
fn by_type(observations: &[Observation]) -> BTreeMap<&'static str, Vec<serde_json::Value>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for observation in observations {
        let mut value = serde_json::to_value(observation).unwrap();
        let fields = value.as_object_mut().unwrap();
        fields.retain(|name, value| {
            !["type", "seen_at", "started_at", "complete_at"].contains(&name.as_str())
                && !value.is_null()
                && *value != json!([])
                && *value != json!({})
        });
        found
            .entry(observation.type_name())
            .or_default()
            .push(value);
    }
    for values in found.values_mut() {
        values.sort_by_key(ToString::to_string);
    }
    found
}

fn check_estate(estate: &Estate, host: &str, observations: &[Observation]) {
    let found = by_type(observations);
    let index = &estate.index.digest;
    let image = |tag: &str| json!({"registry": host, "repository": "shop/checkout", "tag": tag, "digest": index});
    assert_eq!(found["registry_image"], [image("1.4.0"), image("latest")]);
    let manifest = |image: &Image, architecture: &str| {
        json!({"digest": image.manifest.digest, "media_type": oci::MANIFEST,
               "platform": {"os": "linux", "architecture": architecture, "variant": null},
               "config_digest": image.blobs[0].digest, "created_at": "2026-10-05T13:22:10Z",
               "labels": {"org.opencontainers.image.revision": COMMIT}})
    };
    let both = [
        estate.amd64.manifest.digest.clone(),
        estate.arm64.manifest.digest.clone(),
    ];
    let mut manifests = vec![
        manifest(&estate.amd64, "amd64"),
        manifest(&estate.arm64, "arm64"),
        json!({"digest": index, "media_type": oci::INDEX, "manifests": both}),
    ];
    manifests.sort_by_key(ToString::to_string);
    assert_eq!(found["image_manifest"], manifests);
    let mut artifacts = vec![
        json!({"kind": "signature", "digest": estate.signature.manifest.digest, "subject": index,
               "registry": host, "repository": "shop/checkout",
               "artifact_type": "application/vnd.dev.cosign.simplesigning.v1+json"}),
        json!({"kind": "attestation", "digest": estate.provenance.manifest.digest,
               "subject": index, "artifact_type": "https://slsa.dev/provenance/v1",
               "registry": host, "repository": "shop/checkout",
               "builder": "https://ci/3", "source": "https://gitlab.example.com/shop/checkout",
               "commit": COMMIT}),
    ];
    artifacts.sort_by_key(ToString::to_string);
    assert_eq!(found["artifact"], artifacts);
    assert_eq!(
        found["helm_chart"],
        [
            json!({"registry": host, "repository": "charts/shop-service", "name": "shop-service",
                "version": "2.3.0", "app_version": "1.4.0", "digest": estate.chart.manifest.digest,
                "source": "https://gitlab.example.com/platform/charts"})
        ]
    );
    let scopes = [
        host.to_owned(),
        format!("{host}/charts/shop-service"),
        format!("{host}/shop/checkout"),
    ];
    let scopes = ["attached", "registry"]
        .map(|kind| {
            scopes
                .each_ref()
                .map(|scope| json!({"kind": kind, "scope": scope}))
        })
        .concat();
    assert_eq!(found["source_started"], scopes);
    assert_eq!(found["source_complete"], scopes);
    // The whole is complete last.
    let Some(Observation::SourceComplete(last)) = observations.last() else {
        panic!("{:?}", observations.last());
    };
    assert_eq!(last.scope, host);
}

#[tokio::test]
async fn all_that_a_registry_holds_is_read() {
    let estate = Estate::new().await;
    let host = estate.registry.host.clone();
    let (outcome, observations, problems) = read(plain(&host)).await;
    assert_eq!(problems, []);
    assert_eq!(
        outcome,
        Ok(Outcome {
            complete: true,
            problems: 0
        })
    );
    check_estate(&estate, &host, &observations);
}

#[tokio::test]
async fn over_tls_with_a_login() {
    let estate = Estate::new().await;
    let certificates = Certificates::new();
    let secured = estate.registry.beside_with_tls_and_login(&certificates);
    let (user, password) = REGISTRY_LOGIN;
    let options = |ca: &str, password: &str| {
        let mut options = plain(&secured.host);
        options.plain_http = false;
        options.http.ca_certificate = Some(certificates.path(ca));
        options.login = Login::Password {
            user: user.to_owned(),
            password: Secret::new(password),
        };
        options
    };
    let (outcome, observations, problems) = read(options("ca.pem", password)).await;
    assert_eq!(problems, []);
    assert!(outcome.unwrap().complete);
    check_estate(&estate, &secured.host, &observations);
    let shown = format!("{observations:?} {:?}", options("ca.pem", password));
    assert!(!shown.contains(password));

    for (ca, password, said) in [
        (
            "ca.pem",
            "wrong-0815",
            "401: the credentials are missing, wrong or expired",
        ),
        ("other-ca.pem", password, "certificate"),
    ] {
        let (outcome, observations, problems) = read(options(ca, password)).await;
        let error = outcome.unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(!error.contains(password), "{error}");
        assert_eq!(problems, []);
        assert_eq!(observations.len(), 2, "{observations:?}");
    }
    // Without a login, and in plain text to a server that speaks TLS.
    let mut anonymous = options("ca.pem", password);
    anonymous.login = Login::Anonymous;
    let error = read(anonymous).await.0.unwrap_err().to_string();
    assert!(error.contains("401"), "{error}");
    let mut unencrypted = options("ca.pem", password);
    unencrypted.plain_http = true;
    assert!(read(unencrypted).await.0.is_err());
}

#[tokio::test]
async fn named_repositories_only() {
    let estate = Estate::new().await;
    let host = estate.registry.host.clone();
    let mut options = plain(&host);
    options.repositories = vec!["charts/shop-service".to_owned(), "no/such".to_owned()];
    let (outcome, observations, _) = read(options).await;
    assert!(outcome.unwrap().complete);
    let found = by_type(&observations);
    assert_eq!(found["helm_chart"].len(), 1);
    assert!(!found.contains_key("registry_image"));
    let scopes: Vec<_> = found["source_complete"]
        .iter()
        .filter(|value| value["kind"] == "registry")
        .map(|value| &value["scope"])
        .collect();
    let wanted = [
        format!("{host}/charts/shop-service"),
        format!("{host}/no/such"),
    ];
    assert_eq!(scopes, wanted.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn known_manifests_are_not_read_again() {
    let estate = Estate::new().await;
    let host = estate.registry.host.clone();
    let mut options = plain(&host);
    options.known_manifests = [&estate.amd64, &estate.arm64]
        .map(|image| image.manifest.digest.clone())
        .into();
    let (outcome, observations, _) = read(options).await;
    assert!(outcome.unwrap().complete);
    let found = by_type(&observations);
    assert_eq!(found["image_manifest"].len(), 1);
    assert_eq!(found["registry_image"].len(), 2);
    assert_eq!(found["artifact"].len(), 2);
    let kinds = observations
        .iter()
        .filter_map(|observation| match observation {
            Observation::Artifact(artifact) => Some(artifact.kind),
            _ => None,
        });
    assert!(
        kinds
            .into_iter()
            .any(|kind| kind == ArtifactKind::Signature)
    );
}
