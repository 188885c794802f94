//! How much memory observing takes, against the number of tags and pods: the program reads servers
//! that make up their answers as they are asked, and its peak is read from the kernel.
//!
//!     cargo bench -p polar-provenance --bench observing   # or: … --bench observing -- 1000 10000
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark that cannot go on must fail"
)]

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use polar_testkit::{Answer, Asked, FakeServer, bench::peak_of, oci::Image};
use serde_json::json;

/// Tags; half as many pods.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const PAGE: usize = 1_000;

fn main() {
    let sizes: Vec<usize> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if sizes.is_empty() {
        SIZES.to_vec()
    } else {
        sizes
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    println!(
        "{:<34} {:>9} {:>9} {:>12} {:>11}",
        "", "size", "time", "size/s", "peak RSS"
    );
    for size in sizes {
        let folder = tempfile::tempdir().unwrap();
        let tags = folder.path().join("tags.jsonl");
        let server = runtime.block_on(FakeServer::start(registry(size)));
        let args = ["observe", "registry", &server.host, "--plain-http"];
        run("observe registry: tags", size, &args, &tags);

        let pods = folder.path().join("pods.jsonl");
        let server = runtime.block_on(FakeServer::start(cluster(size / 2)));
        let kubeconfig = folder.path().join("kubeconfig");
        fs::write(&kubeconfig, kubeconfig_of(&server.url)).unwrap();
        let kubeconfig = kubeconfig.display().to_string();
        let args = ["observe", "kubernetes", "--kubeconfig", &kubeconfig];
        run("observe kubernetes: pods", size / 2, &args, &pods);

        let graph = format!("embedded:{}", folder.path().join("graph.mars").display());
        for (what, file, size) in [
            ("ingest of the tags, embedded", &tags, size),
            ("ingest of the pods, embedded", &pods, size / 2),
        ] {
            let file_name = file.display().to_string();
            let args = ["ingest", &file_name, "--graph", &graph];
            run(what, size, &args, Path::new("/dev/null"));
        }
    }
}

/// Runs the program with its output in a file, and prints what it took.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn run(what: &str, size: usize, args: &[&str], out: &Path) {
    let begin = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_polar-provenance"))
        .args(args)
        .env("HOME", "/nonexistent")
        .stdout(
            File::options()
                .write(true)
                .create(true)
                .truncate(true)
                .open(out)
                .unwrap(),
        )
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    let status = loop {
        // The kernel keeps the peak as long as the process is there.
        peak = peak.max(peak_of(child.id()));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{args:?}: {status}");
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{what:<34} {size:>9} {seconds:>7.2} s {:>12.0} {:>7} MiB",
        size as f64 / seconds,
        peak >> 20
    );
}

/// One repository with so many tags, each of an image of its own.
fn registry(size: usize) -> impl Fn(&Asked) -> Answer + Send + Sync {
    move |asked: &Asked| {
        let parts: Vec<_> = asked.path.split('/').skip(2).collect();
        match parts.as_slice() {
            ["_catalog"] => Answer::json(&json!({"repositories": ["shop/checkout"]})),
            [.., "tags", "list"] => tags(size, asked),
            // Without `Docker-Content-Digest`, so that manifests are asked for by tag alone.
            [.., "manifests", tag] => {
                let manifest = image_of(tag).manifest;
                Answer::bytes(&manifest.media_type, manifest.bytes)
            }
            [.., "blobs", _] => Answer::bytes("application/json", config()),
            _ => Answer::status(404),
        }
    }
}

/// A page of tags.
fn tags(size: usize, asked: &Asked) -> Answer {
    let last = asked.param("last").trim_start_matches('v').parse::<usize>();
    let from = last.map_or(0, |last| last + 1);
    let to = size.min(from + PAGE);
    let tags: Vec<_> = (from..to).map(|number| format!("v{number}")).collect();
    let answer = Answer::json(&json!({"name": "shop/checkout", "tags": tags}));
    if to == size {
        return answer;
    }
    let next = format!(
        "</v2/shop/checkout/tags/list?n={PAGE}&last=v{}>; rel=\"next\"",
        to - 1
    );
    answer.header("link", next)
}

/// Each tag's image differs in a label of its manifest; the config is the same for all.
fn image_of(tag: &str) -> Image {
    let image = Image::linux("amd64", &json!({}));
    let [config, layer] = image.blobs.try_into().expect("config and layer");
    Image::of(config, vec![layer], &json!({"annotations": {"tag": tag}}))
}

fn config() -> Vec<u8> {
    let [config, _] = Image::linux("amd64", &json!({}))
        .blobs
        .try_into()
        .expect("config and layer");
    config.bytes
}

/// A cluster with so many pods of one Deployment.
fn cluster(size: usize) -> impl Fn(&Asked) -> Answer + Send + Sync {
    move |asked: &Asked| {
        let (kind, items, next) = match asked.path.as_str() {
            "/api/v1/pods" => {
                let from: usize = asked.param("continue").parse().unwrap_or(0);
                let limit: usize = asked.param("limit").parse().unwrap_or(size);
                let to = size.min(from + limit);
                let next = if to < size {
                    to.to_string()
                } else {
                    String::new()
                };
                ("PodList", (from..to).map(pod).collect(), next)
            }
            path => {
                let name = path.rsplit('/').next().unwrap_or_default();
                let kind = match name {
                    "deployments" => "DeploymentList",
                    "statefulsets" => "StatefulSetList",
                    "daemonsets" => "DaemonSetList",
                    "replicasets" => "ReplicaSetList",
                    "jobs" => "JobList",
                    "cronjobs" => "CronJobList",
                    _ => "SecretList",
                };
                (kind, Vec::new(), String::new())
            }
        };
        Answer::json(&json!({"kind": kind, "apiVersion": "v1", "items": items,
            "metadata": {"resourceVersion": "1", "continue": next}}))
    }
}

fn pod(number: usize) -> serde_json::Value {
    let digest = format!("sha256:{number:064x}");
    json!({"metadata": {"name": format!("checkout-{number}"), "namespace": "shop",
            "uid": format!("uid-{number}"), "managedFields": ["x".repeat(2_000)],
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "checkout",
                "uid": "s", "controller": true}]},
        "spec": {"nodeName": "node", "containers": [{"name": "app", "image": "r.example.com/shop/checkout:v1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app",
            "imageID": format!("r.example.com/shop/checkout@{digest}")}]}})
}

fn kubeconfig_of(url: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n\
         clusters:\n- name: c\n  cluster:\n    server: {url}\nusers:\n- name: u\n  user:\n    token: t\n\
         contexts:\n- name: c\n  context:\n    cluster: c\n    user: u\n"
    )
}
