//! Where an image came from, who built it, and where a commit runs: on the demo's graph.

use crate::golden::golden;

const POD: &str = "checkout-7d9c6b5f4d-x2k8p";
const CHECKOUT: &str = "acme.azurecr.io/shop/checkout:1.4.0";
/// The commit that checkout was built from, and its beginning.
const COMMIT: &str = "8b8d353c";

#[tokio::test]
async fn traces() {
    golden(&[
        ("trace-pod", &["trace", POD]),
        ("trace-workload", &["trace", "prod-weu/shop/checkout"]),
        ("trace-image", &["trace", CHECKOUT]),
        (
            "trace-image-at",
            &["trace", CHECKOUT, "--at", "2026-10-10T00:00:00Z"],
        ),
        (
            "trace-image-before",
            &["trace", CHECKOUT, "--at", "2026-10-01T00:00:00Z"],
        ),
        (
            "trace-workload-at",
            &[
                "trace",
                "prod-weu/shop/checkout",
                "--at",
                "2026-10-10T00:00:00Z",
            ],
        ),
        (
            "trace-by-name-alone",
            &["trace", "staging-weu/shop/sessions"],
        ),
        (
            "trace-nothing-known",
            &["trace", "docker.io/envoyproxy/envoy:v1.31.2", "--exit-code"],
        ),
        (
            "trace-no-pipeline",
            &["trace", "fax-gateway", "--exit-code"],
        ),
        ("trace-unresolvable", &["trace", "preview-7f6d5c8b9-e5r8t"]),
        ("trace-complete", &["trace", "reports", "--exit-code"]),
        (
            "trace-repository",
            &["trace", "acme.azurecr.io/shop/checkout"],
        ),
        ("trace-ambiguous", &["trace", "shop/checkout"]),
        ("trace-unknown", &["trace", "prod-weu/shop/checkot"]),
        (
            "trace-malformed",
            &["trace", "acme.azurecr.io/Shop/checkout:1"],
        ),
        ("trace-json", &["trace", POD, "--format", "json"]),
        ("trace-dot", &["trace", POD, "--format", "dot"]),
        (
            "trace-mermaid",
            &["trace", "prod-weu/shop/checkout", "--format", "mermaid"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn builders_and_commits() {
    golden(&[
        ("who-built", &["who-built", "prod-weu/shop/payments"]),
        ("who-built-nobody", &["who-built", CHECKOUT, "--exit-code"]),
        (
            "who-built-unknown",
            &["who-built", "acme.azurecr.io/shop/checkout:1.4.1"],
        ),
        (
            "who-built-ambiguous",
            &["who-built", "acme.azurecr.io/shop/checkout"],
        ),
        (
            "who-built-json",
            &["who-built", "prod-weu/shop/payments", "--format", "json"],
        ),
        ("commit", &["commit", POD]),
        ("commit-none", &["commit", CHECKOUT, "--exit-code"]),
        (
            "commit-json",
            &["commit", "prod-weu/shop/payments", "--format", "json"],
        ),
        ("commit-unknown", &["commit", "prod-weu/shop/paymnts"]),
        ("commit-ambiguous", &["commit", "shop/payments"]),
    ])
    .await;
}

#[tokio::test]
async fn deployed_commits() {
    golden(&[
        ("deployed", &["deployed", COMMIT]),
        (
            "deployed-request",
            &["deployed", "shop/checkout!412", "--exit-code"],
        ),
        ("deployed-json", &["deployed", COMMIT, "--format", "json"]),
        ("deployed-nowhere", &["deployed", "aaea088c", "--exit-code"]),
        ("deployed-unknown", &["deployed", "0123456789"]),
        (
            "deployed-not-drawn",
            &["deployed", COMMIT, "--format", "dot"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn exports() {
    golden(&[
        ("export-graphml", &["export", "graphml", "fax-gateway"]),
        ("export-cypher", &["export", "cypher", "fax-gateway"]),
        ("export-unknown", &["export", "cypher", "nobody-here"]),
        ("export-ambiguous", &["export", "cypher", "shop/checkout"]),
    ])
    .await;
}
