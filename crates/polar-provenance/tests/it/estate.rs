//! A small estate on servers of its own: a real registry with TLS and a login, and a GitLab and a
//! Kubernetes that answer as their published API documents show.

use std::{fs, path::PathBuf, sync::Arc};

use polar_testkit::{
    Answer, Asked, Certificates, DockerRegistry, FakeServer, REGISTRY_LOGIN, Signer,
    oci::{self, Blob, Image},
    signed,
};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(crate) const GITLAB_TOKEN: &str = "glpat-4711-never-shown";
pub(crate) const KUBE_TOKEN: &str = "kube-4712-never-shown";
pub(crate) const COMMIT: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";
/// A repository whose image no pipeline built.
pub(crate) const ORPHAN: &str = "legacy/fax-gateway";
pub(crate) const REGISTRY: &str = "registry.acme.example";
pub(crate) const POD: &str = "checkout-7d9c6b5f4d-x2k8p";

pub(crate) struct Estate {
    pub(crate) folder: TempDir,
    pub(crate) config: PathBuf,
    pub(crate) ca: PathBuf,
    pub(crate) image: String,
    pub(crate) index: Blob,
    pub(crate) amd64: Image,
    pub(crate) gitlab: FakeServer,
    pub(crate) kubernetes: FakeServer,
    pub(crate) kubeconfig: PathBuf,
    pub(crate) registry: DockerRegistry,
    _plain: DockerRegistry,
    _certificates: Certificates,
}

impl Estate {
    pub(crate) async fn new() -> Self {
        let certificates = Certificates::new();
        let plain = DockerRegistry::start();
        let labels = json!({"org.opencontainers.image.revision": COMMIT});
        let amd64 = Image::linux("amd64", &labels);
        let arm64 = Image::linux("arm64", &labels);
        let index = oci::index(&[(&amd64, "amd64"), (&arm64, "arm64")]);
        let repository = "shop/checkout";
        for image in [&amd64, &arm64] {
            image.push(&plain, repository, None).await;
        }
        plain
            .push_manifest(repository, "1.4.0", oci::INDEX, &index.bytes)
            .await;
        Image::linux("amd64", &json!({}))
            .push(&plain, ORPHAN, Some("7"))
            .await;
        let signer = Signer::new();
        let signature = signed(&index.digest, repository, &[&signer]);
        signature
            .push(&plain, repository, Some(&format!("{}.sig", index.tag())))
            .await;
        let source = "https://gitlab.example.com/shop/checkout";
        let provenance = oci::cosign_provenance(&index.digest, "https://ci/3", source, COMMIT);
        provenance
            .push(&plain, repository, Some(&format!("{}.att", index.tag())))
            .await;
        let registry = plain.beside_with_tls_and_login(&certificates);

        // 127.0.0.1 means another machine on each node, and never joins.
        let image = format!("{REGISTRY}/{repository}:1.4.0");
        let facts = Arc::new(GitLabFacts {
            image: image.clone(),
            digest: index.digest.clone(),
        });
        let gitlab = FakeServer::start_tls(&certificates, move |asked| facts.answer(asked)).await;
        let pods = pods(&image, &amd64.manifest.digest);
        let kubernetes =
            FakeServer::start_tls(&certificates, move |asked| cluster(asked, &pods)).await;

        let folder = TempDir::new().unwrap();
        let ca = certificates.path("ca.pem");
        let write = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (user, password) = REGISTRY_LOGIN;
        let password = write("password", format!("{password}\n"));
        let token = write("token", format!("{GITLAB_TOKEN}\n"));
        let key = write("release.pub", signer.public_pem());
        let kubeconfig = write("kubeconfig", kubeconfig(&kubernetes.url, &ca));
        let config = write(
            "config.toml",
            format!(
                "every = \"200ms\"\n\
                 [[keys]]\nname = \"release\"\nfile = \"{}\"\nrepositories = [\"{REGISTRY}/shop/\"]\n\
                 [gitlab]\nendpoint = \"{}\"\ntoken_file = \"{}\"\nevery = \"1s\"\n\
                 [[registry]]\nhost = \"{REGISTRY}\"\naddress = \"{}\"\nuser = \"{user}\"\npassword_file = \"{}\"\nevery = \"1s\"\n\
                 [[kubernetes]]\nname = \"prod-weu\"\nkubeconfig = \"{}\"\nevery = \"1s\"\n",
                key.display(),
                gitlab.url,
                token.display(),
                registry.host,
                password.display(),
                kubeconfig.display(),
            ),
        );
        Self {
            folder,
            config,
            ca,
            image,
            index,
            amd64,
            gitlab,
            kubernetes,
            kubeconfig,
            registry,
            _plain: plain,
            _certificates: certificates,
        }
    }

    /// Every secret of the estate.
    pub(crate) fn secrets() -> [&'static str; 3] {
        [GITLAB_TOKEN, KUBE_TOKEN, REGISTRY_LOGIN.1]
    }
}

fn kubeconfig(url: &str, ca: &std::path::Path) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: prod\n\
         clusters:\n- name: c\n  cluster:\n    server: {url}\n    certificate-authority: {}\n\
         users:\n- name: u\n  user:\n    token: {KUBE_TOKEN}\n\
         contexts:\n- name: prod\n  context:\n    cluster: c\n    user: u\n",
        ca.display()
    )
}

struct GitLabFacts {
    image: String,
    digest: String,
}

fn user(id: u64, username: &str, name: &str) -> Value {
    json!({"id": id, "username": username, "public_email": "", "name": name, "state": "active",
           "locked": false, "avatar_url": null, "web_url": format!("https://gitlab.example.com/{username}")})
}

impl GitLabFacts {
    fn answer(&self, asked: &Asked) -> Answer {
        if asked.headers.get("private-token").map(String::as_str) != Some(GITLAB_TOKEN) {
            return Answer::json(&json!({"message": "401 Unauthorized"})).with_status(401);
        }
        let path = asked.path.strip_prefix("/api/v4/").unwrap_or_default();
        let path = path.replace("projects/shop%2Fcheckout", "projects/31");
        let job = json!({"id": 5_120_349, "name": "index", "stage": "publish", "status": "success",
            "ref": "v1.4.0", "tag": true, "created_at": "2026-10-05T13:10:03.000Z",
            "started_at": "2026-10-05T13:22:00.000Z", "finished_at": "2026-10-05T13:24:50.000Z",
            "duration": 170.0, "user": user(7, "release-bot", "Release Bot"),
            "runner": {"id": 32, "description": "runner-arm-3", "active": true, "is_shared": true},
            "artifacts_file": {"filename": "artifacts.zip", "size": 1000},
            "pipeline": {"id": 481_516, "project_id": 31, "sha": COMMIT, "status": "success"}});
        let pipeline = json!({"id": 481_516, "iid": 9, "project_id": 31, "sha": COMMIT,
            "ref": "v1.4.0", "status": "success", "source": "push",
            "created_at": "2026-10-05T13:10:03.120Z", "updated_at": "2026-10-05T13:24:50.001Z",
            "started_at": "2026-10-05T13:10:05.120Z", "finished_at": "2026-10-05T13:24:50.001Z",
            "web_url": "https://gitlab.example.com/shop/checkout/-/pipelines/481516",
            "user": user(7, "release-bot", "Release Bot")});
        let commit = json!({"id": COMMIT, "short_id": &COMMIT[..8], "title": "Merge branch 'rounding' into 'main'",
            "message": "Merge branch 'rounding' into 'main'", "author_name": "Bruno Costa",
            "author_email": "bruno@example.com", "authored_date": "2026-10-05T13:02:44.000+00:00",
            "committed_date": "2026-10-05T13:02:44.000+00:00", "parent_ids": [],
            "web_url": format!("https://gitlab.example.com/shop/checkout/-/commit/{COMMIT}")});
        let request = json!({"id": 900, "iid": 412, "project_id": 31, "title": "Round totals half to even",
            "state": "merged", "target_branch": "main", "source_branch": "rounding",
            "author": user(1, "alice", "Alice Novak"), "merge_user": user(2, "bruno", "Bruno Costa"),
            "merged_by": user(2, "bruno", "Bruno Costa"), "merged_at": "2026-10-05T13:02:44.000Z",
            "created_at": "2026-10-05T09:00:00.000Z", "updated_at": "2026-10-05T13:02:45.000Z",
            "sha": "aaea088c0b90c86eb1e14ea8b44eaaea0ba9c7a1", "merge_commit_sha": COMMIT,
            "squash_commit_sha": null,
            "web_url": "https://gitlab.example.com/shop/checkout/-/merge_requests/412"});
        let found = match path.as_str() {
            "projects" => json!([{"id": 31, "description": null, "name": "checkout",
                "path": "checkout", "path_with_namespace": "shop/checkout", "default_branch": "main",
                "web_url": "https://gitlab.example.com/shop/checkout"}]),
            "projects/31" => json!({"id": 31, "path_with_namespace": "shop/checkout",
                "default_branch": "main", "web_url": "https://gitlab.example.com/shop/checkout"}),
            "projects/31/pipelines" if asked.query.contains_key("updated_after") => json!([]),
            "projects/31/pipelines" => json!([pipeline]),
            "projects/31/pipelines/481516" => pipeline,
            "projects/31/pipelines/481516/jobs" => json!([job]),
            "projects/31/merge_requests" if asked.query.contains_key("updated_after") => json!([]),
            "projects/31/merge_requests" => json!([request]),
            "projects/31/merge_requests/412/approvals" => json!({"approved": true,
                "approvals_required": 1, "approvals_left": 0,
                "approved_by": [{"user": user(2, "bruno", "Bruno Costa"),
                                 "approved_at": "2026-10-05T11:40:09.000Z"}]}),
            "projects/31/merge_requests/412/versions" => json!([{"id": 110,
                "head_commit_sha": "aaea088c0b90c86eb1e14ea8b44eaaea0ba9c7a1",
                "created_at": "2026-10-05T10:58:20.000Z", "merge_request_id": 900,
                "state": "collected", "real_size": "1"}]),
            "projects/31/merge_requests/412/commits" => {
                json!([{"id": "aaea088c0b90c86eb1e14ea8b44eaaea0ba9c7a1",
                        "short_id": "aaea088c", "title": "Round totals half to even",
                        "author_name": "Alice Novak", "committed_date": "2026-10-05T08:41:12.000Z",
                        "web_url": "https://gitlab.example.com/c"}])
            }
            "projects/31/jobs/5120349/artifacts/image.env" => {
                let text = format!("IMAGE={}\nDIGEST={}\n", self.image, self.digest);
                return Answer::bytes("application/octet-stream", text);
            }
            "projects/31/registry/repositories"
            | "projects/31/releases"
            | "projects/31/packages" => {
                json!([])
            }
            path if path == format!("projects/31/repository/commits/{COMMIT}") => commit,
            _ => return Answer::json(&json!({"message": "404 Not Found"})).with_status(404),
        };
        Answer::json(&found).header("date", "Wed, 25 Nov 2026 00:00:00 GMT")
    }
}

fn pods(image: &str, digest: &str) -> Value {
    let repository = image.rsplit_once(':').unwrap().0;
    json!([{"metadata": {"name": POD, "namespace": "shop", "uid": "c10e0b86-08ad-5b06-b93e-36f8fa0e682f",
                "resourceVersion": "812", "creationTimestamp": "2026-10-06T06:00:10Z",
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet",
                    "name": "checkout-7d9c6b5f4d", "uid": "rs-1", "controller": true}]},
            "spec": {"nodeName": "aks-pool1-41287733-vmss000001",
                "containers": [{"name": "checkout", "image": image, "resources": {}}]},
            "status": {"phase": "Running", "startTime": "2026-10-06T06:00:12Z",
                "containerStatuses": [{"name": "checkout", "image": image, "ready": true,
                    "restartCount": 0, "imageID": format!("{repository}@{digest}"),
                    "containerID": "containerd://1"}]}}])
}

fn cluster(asked: &Asked, pods: &Value) -> Answer {
    if asked.headers.get("authorization") != Some(&format!("Bearer {KUBE_TOKEN}")) {
        return Answer::json(&json!({"kind": "Status", "status": "Failure", "code": 401,
            "reason": "Unauthorized", "message": "Unauthorized"}))
        .with_status(401);
    }
    let template = json!({"spec": {"containers": [{"name": "checkout", "image": pods[0]["spec"]["containers"][0]["image"]}]}});
    let (kind, items) = match asked.path.as_str() {
        "/api/v1/pods" => ("PodList", pods.clone()),
        "/apis/apps/v1/deployments" => (
            "DeploymentList",
            json!([{"metadata": {"name": "checkout",
            "namespace": "shop", "uid": "d-1", "labels": {"app.kubernetes.io/name": "checkout"}},
            "spec": {"replicas": 1, "template": template}}]),
        ),
        "/apis/apps/v1/replicasets" => (
            "ReplicaSetList",
            json!([{"metadata": {
            "name": "checkout-7d9c6b5f4d", "namespace": "shop", "uid": "rs-1",
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "checkout",
                "uid": "d-1", "controller": true}]},
            "spec": {"replicas": 1, "template": template}}]),
        ),
        "/apis/apps/v1/statefulsets" => ("StatefulSetList", json!([])),
        "/apis/apps/v1/daemonsets" => ("DaemonSetList", json!([])),
        "/apis/batch/v1/jobs" => ("JobList", json!([])),
        "/apis/batch/v1/cronjobs" => ("CronJobList", json!([])),
        "/api/v1/secrets" => ("SecretList", json!([])),
        _ => return Answer::json(&json!({"kind": "Status", "code": 404})).with_status(404),
    };
    Answer::json(&json!({"kind": kind, "apiVersion": "v1",
        "metadata": {"resourceVersion": "900"}, "items": items}))
}
