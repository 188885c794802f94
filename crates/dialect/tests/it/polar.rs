//! A graph as Polar's consumers fill it: the shapes of its statements, without an index or a
//! constraint, and facts of an invented company.

use std::sync::Arc;

use polar_dialect::{Adoption, Problem, Settings, adopt, builtin_mappings};
use polar_graph::{Counters, Engine, GraphStore, Statement};
use polar_model::Value;
use polar_query::{Chain, Kind, resolve, trace};
use polar_reconcile::{Mode, PassSummary, Stop, pass};
use polar_rules::{builtin_rules, in_order};

pub(crate) type Store = Arc<dyn GraphStore>;

/// The uid of `kube-system`, by which Polar tells clusters apart.
pub(crate) const CLUSTER: &str = "5f3c1a52-0c6e-4d7b-9a53-1f1f0f6f7a10";
pub(crate) const INSTANCE: &str = "b7a1f0c2";
pub(crate) const POD_UID: &str = "c10e0b86-08ad-5b06-b93e-36f8fa0e682f";
pub(crate) const POD: &str = "checkout-7d9c6b5f4d-x2k8p";
pub(crate) const SHA: &str = "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed";
pub(crate) const IMAGE: &str = "registry.acme.example:5050/shop/checkout/app:1.4.0";

pub(crate) fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// A node of Polar's: its label, and the properties it is merged on.
pub(crate) type Node<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// `MERGE (n:Label {…}) SET n.a = $a, …`, as Polar's controller compiles it.
pub(crate) async fn upsert(store: &dyn GraphStore, node: Node<'_>, props: Vec<(&str, Value)>) {
    let (text, mut statement) = merge("n", node, Statement::new(""));
    let sets: Vec<_> = props
        .iter()
        .map(|(name, _)| format!("n.{name} = ${name}"))
        .collect();
    statement.text = if sets.is_empty() {
        text.into()
    } else {
        format!("{text}\nSET {}", sets.join(", ")).into()
    };
    for (name, value) in props {
        statement = statement.with(name, value);
    }
    store.write(vec![statement]).await.unwrap();
}

/// `MERGE (n…) MERGE (m…) MERGE (n)-[r:TYPE]->(m) SET r.a = $a, …`, likewise.
pub(crate) async fn edge(
    store: &dyn GraphStore,
    from: Node<'_>,
    edge: &str,
    to: Node<'_>,
    props: &[(&str, &str)],
) {
    let (from, statement) = merge("n", from, Statement::new(""));
    let (to, mut statement) = merge("m", to, statement);
    let sets: Vec<_> = props
        .iter()
        .map(|(name, _)| format!("SET r.{name} = ${name}"))
        .collect();
    let text = format!(
        "{from}\n{to}\nMERGE (n)-[r:{edge}]->(m)\n{}",
        sets.join("\n")
    );
    statement.text = text.into();
    for (name, value) in props {
        statement = statement.with(name, *value);
    }
    store.write(vec![statement]).await.unwrap();
}

fn merge(variable: &str, (label, key): Node<'_>, mut statement: Statement) -> (String, Statement) {
    let mut parts = Vec::new();
    for (name, value) in key {
        parts.push(format!("{name}: ${variable}_{name}"));
        statement = statement.with(&format!("{variable}_{name}"), *value);
    }
    (
        format!("MERGE ({variable}:{label} {{ {} }})", parts.join(", ")),
        statement,
    )
}

/// GitLab: an instance, a project, a pipeline with a job, its registry with one tag.
pub(crate) async fn gitlab(store: &dyn GraphStore) {
    let instance: Node<'_> = ("GitlabInstance", &[("id", INSTANCE)]);
    let project: Node<'_> = (
        "GitlabProject",
        &[
            ("instance_id", INSTANCE),
            ("project_id", "gid://gitlab/Project/77"),
        ],
    );
    let pipeline: Node<'_> = (
        "GitlabPipeline",
        &[
            ("instance_id", INSTANCE),
            ("pipeline_id", "gid://gitlab/Ci::Pipeline/481516"),
        ],
    );
    let job: Node<'_> = (
        "GitlabJob",
        &[
            ("instance_id", INSTANCE),
            ("job_id", "gid://gitlab/Ci::Build/5120349"),
        ],
    );
    upsert(
        store,
        instance,
        vec![
            ("enterprise", false.into()),
            ("version", "18.4.1".into()),
            ("base_url", "https://gitlab.acme.example".into()),
        ],
    )
    .await;
    upsert(
        store,
        project,
        vec![
            ("name", "checkout".into()),
            ("full_path", "shop/checkout".into()),
            ("created_at", "unknown".into()),
        ],
    )
    .await;
    edge(store, instance, "OBSERVED_PROJECT", project, &[]).await;
    upsert(
        store,
        pipeline,
        vec![
            ("active", false.into()),
            ("created_at", "2026-10-05T13:02:50Z".into()),
            ("finished_at", "2026-10-05T13:25:00Z".into()),
            ("sha", SHA.into()),
            ("source", "push".into()),
            ("failure_reason", "".into()),
            ("duration", 1330_i64.into()),
        ],
    )
    .await;
    edge(store, project, "HAS_PIPELINE", pipeline, &[]).await;
    upsert(
        store,
        job,
        vec![
            ("status", "SUCCESS".into()),
            ("name", "publish".into()),
            ("created_at", "2026-10-05T13:02:51Z".into()),
            ("short_sha", "8b8d353c".into()),
            ("failure_message", "".into()),
        ],
    )
    .await;
    edge(store, pipeline, "HAS_JOB", job, &[]).await;
    registry(store, project).await;
    let package: Node<'_> = (
        "GitlabPackage",
        &[("package_id", "gid://gitlab/Packages::Package/9")],
    );
    upsert(
        store,
        package,
        vec![
            ("name", "shop-service".into()),
            ("version", "2.3.0".into()),
            ("package_type", "HELM".into()),
        ],
    )
    .await;
    edge(store, project, "HAS_PACKAGE", package, &[]).await;
    edge(store, pipeline, "PRODUCED", package, &[]).await;
}

async fn registry(store: &dyn GraphStore, project: Node<'_>) {
    let digest = digest('a');
    let repository: Node<'_> = (
        "GitlabContainerRepository",
        &[
            ("project_id", "gid://gitlab/Project/77"),
            ("repository_id", "gid://gitlab/ContainerRepository/3"),
        ],
    );
    let key = [
        ("repository_id", "gid://gitlab/ContainerRepository/3"),
        ("digest", digest.as_str()),
    ];
    let tag: Node<'_> = ("ContainerRepositoryTag", &key);
    upsert(
        store,
        repository,
        vec![
            (
                "location",
                "registry.acme.example:5050/shop/checkout/app".into(),
            ),
            ("path", "shop/checkout/app".into()),
            ("tags_count", 1_i64.into()),
        ],
    )
    .await;
    edge(store, repository, "BELONGS_TO", project, &[]).await;
    upsert(
        store,
        tag,
        vec![
            (
                "media_type",
                "application/vnd.oci.image.index.v1+json".into(),
            ),
            ("location", IMAGE.into()),
            ("revision", "".into()),
            ("created_at", "2026-10-05T13:24:41Z".into()),
        ],
    )
    .await;
    edge(store, repository, "CONTAINS_TAG", tag, &[]).await;
}

/// Git and a build: the commit was built, and the build produced the image.
pub(crate) async fn build(store: &dyn GraphStore) {
    let commit: Node<'_> = ("GitCommit", &[("oid", SHA)]);
    let repository: Node<'_> = (
        "GitRepository",
        &[("id", "https_gitlab.acme.example_shop_checkout.git")],
    );
    let build: Node<'_> = ("BuildJob", &[("build_id", "0b1f7c9e")]);
    let digest = digest('a');
    let key = [("content_hash", digest.as_str())];
    let artifact: Node<'_> = ("BuildArtifact", &key);
    upsert(
        store,
        commit,
        vec![
            (
                "message",
                "Merge branch 'rounding' into 'main'\n\nRound totals half to even".into(),
            ),
            ("authored_time", 1_791_203_564_i64.into()),
            ("committer", "GitLab".into()),
        ],
    )
    .await;
    edge(store, repository, "CONTAINS", commit, &[]).await;
    upsert(
        store,
        build,
        vec![
            (
                "repo_url",
                "https://gitlab.acme.example/shop/checkout.git".into(),
            ),
            ("commit_sha", SHA.into()),
            ("ref_name", "v1.4.0".into()),
            ("triggered_by", "unknown".into()),
        ],
    )
    .await;
    edge(store, commit, "BUILT_BY", build, &[("ref_name", "v1.4.0")]).await;
    upsert(
        store,
        artifact,
        vec![
            ("artifact_type", "oci-image".into()),
            ("name", "app".into()),
        ],
    )
    .await;
    edge(store, build, "PRODUCED", artifact, &[]).await;
}

/// What the registry answered: an index with two platforms.
pub(crate) async fn artifacts(store: &dyn GraphStore) {
    let (index, amd64, arm64) = (digest('a'), digest('b'), digest('c'));
    let index = [("digest", index.as_str())];
    let index: Node<'_> = ("OCIArtifact", &index);
    upsert(
        store,
        index,
        vec![
            ("uri", IMAGE.into()),
            (
                "media_type",
                "application/vnd.oci.image.index.v1+json".into(),
            ),
            ("artifact_type", "null".into()),
        ],
    )
    .await;
    let host: Node<'_> = ("OCIRegistry", &[("hostname", "registry.acme.example:5050")]);
    edge(store, index, "HOSTED_BY", host, &[]).await;
    for (manifest, arch) in [(amd64, "amd64"), (arm64, "arm64")] {
        let key = [("digest", manifest.as_str())];
        let manifest: Node<'_> = ("OCIArtifact", &key);
        upsert(
            store,
            manifest,
            vec![
                (
                    "media_type",
                    "application/vnd.oci.image.manifest.v1+json".into(),
                ),
                ("size", 1471_i64.into()),
            ],
        )
        .await;
        let platform = [("platform_os", "linux"), ("platform_arch", arch)];
        edge(store, index, "HAS_MANIFEST", manifest, &platform).await;
    }
    let image: Node<'_> = ("ContainerImage", &[("normalized", IMAGE)]);
    edge(store, image, "INSTANCE_OF", index, &[]).await;
}

/// A cluster: a Deployment, its ReplicaSet and a pod with two containers.
pub(crate) async fn cluster(store: &dyn GraphStore) {
    let namespace: Node<'_> = ("Namespace", &[("name", "shop"), ("cluster_uid", CLUSTER)]);
    let deployment: Node<'_> = (
        "KubernetesDeployment",
        &[("uid", "d-1"), ("cluster_uid", CLUSTER)],
    );
    let replicas: Node<'_> = ("ReplicaSet", &[("uid", "r-1"), ("cluster_uid", CLUSTER)]);
    let pod: Node<'_> = ("Pod", &[("uid", POD_UID), ("cluster_uid", CLUSTER)]);
    let node: Node<'_> = (
        "KubernetesNode",
        &[("uid", "n-1"), ("cluster_uid", CLUSTER)],
    );
    for (which, name) in [
        (deployment, "checkout"),
        (replicas, "checkout-7d9c6b5f4d"),
        (pod, POD),
        (node, "aks-pool1-41287733-vmss000001"),
    ] {
        let observed_at = ("observed_at", 1_795_500_000_000_i64.into());
        upsert(store, which, vec![("name", name.into()), observed_at]).await;
    }
    for which in [deployment, replicas, pod] {
        edge(store, which, "IN_NAMESPACE", namespace, &[]).await;
    }
    edge(store, pod, "RUNNING_ON", node, &[]).await;
    edge(store, replicas, "OWNS", pod, &[]).await;
    edge(store, deployment, "OWNS", replicas, &[]).await;
    let state: Node<'_> = (
        "PodState",
        &[("sinst_uid", POD_UID), ("sinst_valid_from", "1")],
    );
    upsert(
        store,
        state,
        vec![("phase", "Running".into()), ("valid_from", 1_i64.into())],
    )
    .await;
    edge(store, pod, "TRANSITIONED_TO", state, &[]).await;
    for (name, image) in [
        ("checkout", IMAGE),
        ("proxy", "docker.io/envoyproxy/envoy:v1.31.2"),
    ] {
        container(store, POD_UID, name, image).await;
    }
    let key = [
        ("pod_uid", POD_UID),
        ("name", "checkout"),
        ("cluster_uid", CLUSTER),
    ];
    let digest = digest('b');
    let resolved = [("digest", digest.as_str())];
    edge(
        store,
        ("PodContainer", &key),
        "USES_IMAGE",
        ("OCIArtifact", &resolved),
        &[],
    )
    .await;
}

/// A container of a pod, or another image for it.
pub(crate) async fn container(store: &dyn GraphStore, pod: &str, name: &str, image: &str) {
    let key = [("pod_uid", pod), ("name", name), ("cluster_uid", CLUSTER)];
    let container: Node<'_> = ("PodContainer", &key);
    upsert(
        store,
        container,
        vec![("image", image.into()), ("tty", false.into())],
    )
    .await;
    let key = [("uid", pod), ("cluster_uid", CLUSTER)];
    edge(store, ("Pod", &key), "HAS_CONTAINER", container, &[]).await;
}

/// All of it.
pub(crate) async fn company(store: &dyn GraphStore) {
    gitlab(store).await;
    build(store).await;
    artifacts(store).await;
    cluster(store).await;
}

/// Adopts, and returns the problems that were told.
pub(crate) async fn adopted_with(
    store: &dyn GraphStore,
    settings: &Settings,
) -> (Adoption, Vec<Problem>) {
    let mappings = builtin_mappings().unwrap();
    let mut problems = Vec::new();
    let mut note = |problem: &Problem| problems.push(problem.clone());
    let adoption = adopt(store, &mappings, settings, &mut note, &|| false)
        .await
        .unwrap();
    (adoption, problems)
}

pub(crate) async fn adopted(store: &dyn GraphStore) -> (Adoption, Vec<Problem>) {
    adopted_with(store, &Settings::default()).await
}

/// A pass of the built-in rules.
pub(crate) async fn reconcile(store: &dyn GraphStore) -> PassSummary {
    let rules = in_order(builtin_rules().unwrap()).unwrap();
    let stop = Stop::default();
    pass(store, &rules, Mode::Apply, &stop, &mut |_, _| ())
        .await
        .unwrap()
}

/// Where the containers of a pod came from.
pub(crate) async fn origins(store: &dyn GraphStore, pod: &str) -> Vec<Chain> {
    let options = polar_normalize::Options::default();
    let target = resolve(store, &options, pod, &[Kind::Running]).await;
    trace(store, pod, &target.unwrap(), None)
        .await
        .unwrap()
        .chains
}

/// The origin of a container of a pod; there must be one.
pub(crate) async fn origin(store: &dyn GraphStore, pod: &str, container: &str) -> Chain {
    let mut origins = origins(store, pod).await;
    origins.retain(|origin| origin.containers[0].container == container);
    assert_eq!(origins.len(), 1, "{origins:#?}");
    origins.remove(0)
}

/// Everything at nodes of Polar's labels: their properties, and the edges between them.
pub(crate) async fn polars(store: &dyn GraphStore) -> Vec<String> {
    let nodes = "MATCH (n) WHERE n.key IS NULL
                 RETURN labels(n)[0] AS a, properties(n) AS props";
    let edges = "MATCH (a)-[r]->(b) WHERE a.key IS NULL AND b.key IS NULL
                 RETURN labels(a)[0] AS a, properties(a) AS from, type(r) AS type,
                        properties(r) AS props, labels(b)[0] AS b, properties(b) AS to";
    let mut lines = Vec::new();
    for text in [nodes, edges] {
        for row in store.read(Statement::new(text)).await.unwrap() {
            let columns = ["a", "from", "type", "props", "b", "to"];
            let parts = columns.map(|column| row.get(column).to_json().to_string());
            lines.push(parts.join(" "));
        }
    }
    lines.sort();
    lines
}

/// Writes of somebody.
pub(crate) async fn foreign(store: &dyn GraphStore, text: &'static str) -> Counters {
    store.write(vec![Statement::new(text)]).await.unwrap()
}

/// The column `line` of a query, sorted.
pub(crate) async fn lines(store: &dyn GraphStore, text: &'static str) -> Vec<String> {
    let rows = store.read(Statement::new(text)).await.unwrap();
    let mut lines: Vec<_> = rows.iter().map(|row| row.text("line").to_owned()).collect();
    lines.sort();
    lines
}

/// Takes away the indexes on Polar's labels that an earlier test left on the shared server.
pub(crate) async fn drop_indexes(store: &dyn GraphStore) {
    if store.engine() != Engine::Neo4j {
        return;
    }
    for mapping in builtin_mappings().unwrap() {
        for (label, property) in mapping.indexes {
            let name = format!("polar_{label}_{property}").to_lowercase();
            for kind in ["CONSTRAINT", "INDEX"] {
                let text = format!("DROP {kind} {name} IF EXISTS");
                store.write(vec![Statement::new(text)]).await.unwrap();
            }
        }
    }
}
