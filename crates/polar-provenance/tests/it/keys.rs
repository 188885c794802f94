//! Public keys from the configuration and the command line, down to the findings.

use std::{fs, path::Path};

use polar_graph::EmbeddedStore;
use polar_query::findings;
use polar_testkit::{DockerRegistry, Signer, oci::Image, signed};
use serde_json::{Value, json};

use crate::common::{embedded, polar};

const REPOSITORY: &str = "shop/checkout";

/// A registry with a signed image, which a pod runs.
struct Signed {
    folder: tempfile::TempDir,
    registry: DockerRegistry,
    pod: Value,
    signer: Signer,
}

impl Signed {
    async fn new() -> Self {
        let (registry, signer) = (DockerRegistry::start(), Signer::new());
        let image = Image::linux("amd64", &json!({}));
        image.push(&registry, REPOSITORY, Some("1")).await;
        let digest = &image.manifest.digest;
        let tag = format!("{}.sig", image.manifest.tag());
        let signature = signed(digest, REPOSITORY, &[&signer]);
        signature.push(&registry, REPOSITORY, Some(&tag)).await;
        let name = format!("r.example.com/{REPOSITORY}");
        let containers = [json!({"name": "app", "image": format!("{name}:1"),
                                 "image_id": format!("{name}@{digest}")})];
        let pod = json!({"v": 1, "type": "kube_pod", "cluster": "c", "namespace": "n",
            "name": "app-1", "uid": "u", "workload": {"kind": "Deployment", "name": "app"},
            "seen_at": "2026-01-01T00:00:00Z", "containers": containers});
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            registry,
            pod,
            signer,
        }
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn config(&self, keys: &str) -> String {
        let address = &self.registry.host;
        let registry = format!(
            "[[registry]]\nhost = \"r.example.com\"\naddress = \"{address}\"\nplain_http = true\n"
        );
        self.file("config.toml", &format!("{registry}{keys}"))
    }

    /// Reads the registry, takes the facts in, and gives the kinds of findings about the workload.
    async fn findings(&self, graph: &Path, config: &str, more: &[&str]) -> Vec<String> {
        let mut args = vec!["observe", "registry", "--config", config];
        args.extend(more);
        let observed = polar(&args, &[]);
        assert_eq!(observed.code, 0, "{observed:?}");
        let facts = self.file("facts.jsonl", &format!("{}\n{}", self.pod, observed.stdout));
        let at = embedded(graph);
        for args in [
            vec!["ingest", &facts, "--graph", &at],
            vec!["reconcile", "--graph", &at],
        ] {
            let outcome = polar(&args, &[]);
            assert_eq!(outcome.code, 0, "{outcome:?}");
        }
        let store = EmbeddedStore::open(graph).unwrap();
        let found = findings(&store).await.unwrap().into_iter();
        found
            .map(|finding| finding.kind)
            .filter(|kind| kind != "unscanned")
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_judged_by_the_keys_that_are_given() {
    let there = Signed::new().await;
    let graph = there.folder.path().join("graph.mars");
    let ours = there.file("release.pub", &there.signer.public_pem());
    let other = there.file("other.pub", &Signer::new().public_pem());
    let key = |name: &str, file: &str, repositories: &str| {
        format!("[[keys]]\nname = \"{name}\"\nfile = \"{file}\"\n{repositories}\n")
    };
    let unverified = ["unverified"];
    for (keys, more, wanted) in [
        (String::new(), &[][..], &[][..]),
        (key("other", &other, ""), &[], &unverified),
        (key("release", &ours, ""), &[], &[]),
        (key("other", &other, ""), &["--key", &ours], &[]),
        // Given, and not for this repository: nobody knows.
        (
            key(
                "release",
                &ours,
                "repositories = [\"r.example.com/shop/check\"]",
            ),
            &[],
            &[],
        ),
        (
            key("other", &other, "repositories = [\"r.example.com/shop/\"]"),
            &[],
            &unverified,
        ),
        (
            key(
                "release",
                &ours,
                "repositories = [\"r.example.com/shop/checkout\"]",
            ),
            &[],
            &[],
        ),
        (String::new(), &[], &[]),
    ] {
        let config = there.config(&keys);
        let found = there.findings(&graph, &config, more).await;
        assert_eq!(found, wanted, "{keys} {more:?}");
    }
}

#[test]
fn what_is_no_public_key_is_refused_with_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let signer = Signer::new();
    let private = write("cosign.key", signer.private_pem());
    let secret = signer.private_pem().lines().nth(1).unwrap().to_owned();
    let public = write("cosign.pub", signer.public_pem());
    let long = write("long.pub", " ".repeat(70_000));
    let missing = folder.path().join("missing.pub").display().to_string();
    for (file, said) in [
        (&private, "private key"),
        (&long, "longer"),
        (&missing, "No such file"),
        (&write("empty.pub", String::new()), "no PEM"),
    ] {
        let outcome = polar(
            &["observe", "registry", "r.example.com", "--key", file],
            &[],
        );
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(said), "{outcome:?}");
        assert!(outcome.stderr.contains(file.as_str()), "{outcome:?}");
        assert!(!format!("{outcome:?}").contains(&secret), "{outcome:?}");
    }
    let twice = [
        "observe",
        "registry",
        "r.example.com",
        "--key",
        &public,
        "--key",
        &public,
    ];
    let outcome = polar(&twice, &[]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.stderr.contains("same key"), "{outcome:?}");

    let key = |file: &str, more: &str| format!("[[keys]]\nname = \"a\"\nfile = \"{file}\"\n{more}");
    let no_repository = "repositories = [\"https://r.example.com/\"]";
    for (text, code, said) in [
        (key(&private, ""), 1, "private key"),
        (key(&public, no_repository), 1, "repositories"),
        (key(&public, ""), 0, "ok     keys"),
    ] {
        let config = write("c.toml", text);
        let outcome = polar(&["config", "check", "--config", &config], &[]);
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(outcome.stdout.contains(said), "{outcome:?}");
    }
    let config = write("c.toml", key(&public, ""));
    let outcome = polar(&["config", "show", "--config", &config], &[]);
    assert!(outcome.stdout.contains("# key a: sha256:"), "{outcome:?}");
}
