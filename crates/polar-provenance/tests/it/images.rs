//! `where`, `retags`, `unverified`, `unreviewed` and `orphans` on the demo's graph.

use crate::{
    common::{embedded, polar},
    golden::golden,
};

const CHECKOUT: &str = "acme.azurecr.io/shop/checkout";
const AMD64: &str = "sha256:844f6a7c448a51426275c1b925cf6ad2348c16ae9a87d2da5da72be16819ff18";

#[tokio::test]
async fn answers() {
    let tag = &format!("{CHECKOUT}:1.4.0");
    let nobody = "acme.azurecr.io/platform/base:20261116";
    let reports = "acme.azurecr.io/data/reports:2026.10";
    let then = "2026-10-20T00:00:00Z";
    let long_ago = "2020-01-01T00:00:00Z";
    let json = ["--format", "json"];
    golden(&[
        ("where", &["where", tag]),
        ("where-json", &["where", tag, json[0], json[1]]),
        ("where-repository", &["where", CHECKOUT]),
        ("where-platform", &["where", AMD64]),
        ("where-mirror", &["where", "nginx:1.27"]),
        ("where-likely", &["where", reports]),
        ("where-likely-json", &["where", reports, json[0], json[1]]),
        ("where-then", &["where", tag, "--at", then]),
        ("where-before", &["where", tag, "--at", long_ago]),
        ("where-nowhere", &["where", nobody, "--exit-code"]),
        ("where-nowhere-json", &["where", nobody, json[0], json[1]]),
        (
            "where-unknown",
            &["where", "acme.azurecr.io/shop/chekout:1.4.0"],
        ),
        (
            "where-malformed",
            &["where", "acme.azurecr.io/shop/checkout:1.4.0:2"],
        ),
        ("retags", &["retags", "--exit-code"]),
        ("retags-json", &["retags", json[0], json[1]]),
        ("retags-repository", &["retags", CHECKOUT]),
        ("retags-then", &["retags", tag, "--at", then, "--exit-code"]),
        ("retags-before", &["retags", "--at", long_ago]),
        (
            "retags-case",
            &["retags", "acme.azurecr.io/shop/catalog:v2.0-RC1"],
        ),
        (
            "retags-digest",
            &[
                "retags",
                "sha256:892ffc4f01372472244d9c00a13d402dd1d0a5c42757ebcf5e4bcea6177d330f",
            ],
        ),
        (
            "retags-nobody-told",
            &["retags", "docker.io/envoyproxy/envoy:v1.31.2"],
        ),
        (
            "retags-unknown",
            &["retags", "acme.azurecr.io/shop/chekout:1.4.0"],
        ),
        ("unverified", &["unverified", "--exit-code"]),
        (
            "unverified-namespace",
            &["unverified", "--namespace", "prod-weu/shop"],
        ),
        (
            "unverified-scanned",
            &["unverified", "--scanned", "--namespace", "shop"],
        ),
        (
            "unverified-json",
            &["unverified", "--namespace", "ingress", json[0], json[1]],
        ),
        (
            "unverified-unknown",
            &["unverified", "--namespace", "shopp"],
        ),
        ("unreviewed", &["unreviewed", "--exit-code"]),
        (
            "unreviewed-json",
            &[
                "unreviewed",
                "--namespace",
                "prod-weu/shop",
                json[0],
                json[1],
            ],
        ),
        (
            "unreviewed-none",
            &["unreviewed", "--namespace", "ingress", "--exit-code"],
        ),
        ("orphans", &["orphans", "--exit-code"]),
        ("orphans-json", &["orphans", json[0], json[1]]),
    ])
    .await;
}

#[test]
fn an_empty_graph_has_nothing_to_list() {
    let folder = tempfile::tempdir().unwrap();
    let graph = embedded(&folder.path().join("empty.mars"));
    assert_eq!(polar(&["schema", "apply", "--graph", &graph], &[]).code, 0);
    for (command, answer) in [
        ("retags", "no tag is known to have been moved\n"),
        (
            "unverified",
            "none: all images of 0 workloads are signed, verified, attested and scanned\n",
        ),
        (
            "unreviewed",
            "0 of 0 images built from code that was not reviewed; of 0 it is unknown\n",
        ),
    ] {
        let outcome = polar(&[command, "--exit-code", "--graph", &graph], &[]);
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, answer));
    }
    let outcome = polar(&["orphans", "--exit-code", "--graph", &graph], &[]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert_eq!(outcome.stdout.matches(" none\n").count(), 3);
}
