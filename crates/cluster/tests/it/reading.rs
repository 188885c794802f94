//! What a healthy cluster gives, and what one with odd objects gives.

use polar_cluster::{Cluster, ClusterOptions};
use polar_source::{Sink, SourceError};
use polar_testkit::Answer;
use serde_json::{Value, json};

use crate::{
    objects::*,
    world::{World, healthy, read},
};

/// `namespace/name: nearest owner > … > top`
fn chain(pod: &Value) -> String {
    let owners = pod["owners"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let name = |owner: &Value| format!("{}/{}", text(&owner["kind"]), text(&owner["name"]));
    let owners: Vec<_> = owners.map(name).collect();
    let top = pod["workload"].is_object().then(|| name(&pod["workload"]));
    assert_eq!(top.as_ref(), owners.last());
    format!(
        "{}/{}: {}",
        text(&pod["namespace"]),
        text(&pod["name"]),
        owners.join(" > ")
    )
}

#[tokio::test]
async fn owners_of_every_kind() {
    let read = World::new(healthy()).await.read().await;
    read.healthy();
    let chains: Vec<_> = read.of("kube_pod").iter().map(chain).collect();
    let wanted = [
        "shop/checkout-7d9-x: ReplicaSet/checkout-7d9 > Deployment/checkout",
        "shop/lone-x: ReplicaSet/lone",
        "shop/web-5c4-x: ReplicaSet/web-5c4 > Rollout/web",
        "db/pg-0: StatefulSet/pg",
        "kube-system/agent-x: DaemonSet/agent",
        "shop/nightly-1-x: Job/nightly-1 > CronJob/nightly",
        "shop/migrate-x: Job/migrate",
        "kafka/broker-0: StrimziPodSet/broker",
        "kube-system/etcd-node-1: Node/node-1",
        "shop/debug: ",
    ];
    assert_eq!(chains, wanted);
}

#[tokio::test]
async fn workloads_of_every_kind() {
    let read = World::new(healthy()).await.read().await;
    let workloads = read.of("kube_workload");
    let wanted = json!({
        "type": "kube_workload", "cluster": "prod-weu", "namespace": "shop",
        "kind": "Deployment", "name": "checkout", "replicas": 3,
        "images": ["acme.azurecr.io/shop/checkout:1.4.0", "docker.io/envoyproxy/envoy:v1.31.2"],
        "app": "checkout", "app_version": "1.4.0", "release": "checkout",
        "chart": "shop-service-2.3.0",
    });
    assert_eq!(workloads[0], wanted);
    let rows: Vec<_> = workloads
        .iter()
        .map(|w| {
            json!([
                w["kind"],
                w["namespace"],
                w["name"],
                w["replicas"],
                w["images"][0]
            ])
        })
        .collect();
    let image = "acme.azurecr.io/shop/checkout:1.4.0";
    let wanted = [
        json!(["Deployment", "shop", "checkout", 3, image]),
        json!(["Deployment", "shop", "cart", 3, image]),
        json!([
            "Deployment",
            "web",
            "site",
            3,
            "docker.io/envoyproxy/envoy:v1.31.2"
        ]),
        json!(["StatefulSet", "db", "pg", 3, "postgres:17"]),
        json!(["DaemonSet", "kube-system", "agent", 5, "agent:1"]),
        json!(["CronJob", "shop", "nightly", null, "nightly:1"]),
        json!(["ReplicaSet", "shop", "lone", 3, image]),
        json!(["Job", "shop", "migrate", null, "migrate:1"]),
    ];
    assert_eq!(rows, wanted);
}

#[tokio::test]
async fn containers_of_every_sort() {
    let mut all = pod("shop", "all", None);
    all["spec"]["initContainers"] = json!([{"name": "setup", "image": "setup:1"}]);
    all["spec"]["ephemeralContainers"] =
        json!([{"name": "debugger", "image": "busybox", "targetContainerName": "main"}]);
    let push = |list: &mut Value, value| list.as_array_mut().unwrap().push(value);
    push(
        &mut all["spec"]["containers"],
        json!({"name": "pulling", "image": "slow:1"}),
    );
    all["status"]["initContainerStatuses"] =
        json!([{"name": "setup", "imageID": "docker-pullable://setup@sha256:1"}]);
    all["status"]["ephemeralContainerStatuses"] =
        json!([{"name": "debugger", "imageID": "sha256:2"}]);
    push(
        &mut all["status"]["containerStatuses"],
        json!({"name": "pulling", "imageID": ""}),
    );
    let mut pending = pod("shop", "pending", None);
    pending["status"] = json!({"phase": "Pending"});
    pending["spec"]["nodeName"] = Value::Null;
    let read = World::new([("pods", vec![all, pending])].into())
        .await
        .read()
        .await;
    read.healthy();
    let container = |name: &str, image: &str, id: Value, init: bool, ephemeral: bool| json!({"name": name, "image": image, "image_id": id, "init": init, "ephemeral": ephemeral});
    let app = "acme.azurecr.io/shop/app:1.4.0";
    let id = json!("acme.azurecr.io/shop/app@sha256:844f");
    let mut wanted = json!({
        "type": "kube_pod", "cluster": "prod-weu", "namespace": "shop", "name": "all",
        "uid": "uid-shop-all", "node": "node-1", "phase": "Running",
        "started_at": "2026-10-06T06:00:12Z", "seen_at": null, "workload": null, "owners": [],
        "containers": [
            container("main", app, id, false, false),
            container("pulling", "slow:1", Value::Null, false, false),
            container("setup", "setup:1", json!("docker-pullable://setup@sha256:1"), true, false),
            container("debugger", "busybox", json!("sha256:2"), false, true),
        ],
    });
    assert_eq!(read.of("kube_pod")[0], wanted);
    wanted["name"] = json!("pending");
    wanted["uid"] = json!("uid-shop-pending");
    wanted["phase"] = json!("Pending");
    wanted["node"] = Value::Null;
    wanted["started_at"] = Value::Null;
    wanted["containers"] = json!([container("main", app, Value::Null, false, false)]);
    assert_eq!(read.of("kube_pod")[1], wanted);
}

#[tokio::test]
async fn pages_of_any_size_give_the_same() {
    let world = World::new(healthy()).await;
    let small = world.read().await;
    let asked = world.server.asked();
    assert!(
        asked
            .iter()
            .any(|asked| asked.param("continue") == "8@1007"),
        "{asked:?}"
    );
    assert!(asked.iter().all(|asked| asked.param("limit") == "2"));
    world.server.reset();
    let page = ClusterOptions::default().page;
    let large = read(ClusterOptions {
        page,
        ..world.options()
    })
    .await;
    assert_eq!(small.facts(), large.facts());
    let asked = world.server.asked();
    assert_eq!(asked.len(), 8, "{asked:?}");
    // Secrets are large.
    assert_eq!(asked[0].param("limit"), "500");
    assert_eq!(asked[7].param("limit"), "20");
}

#[tokio::test]
async fn many_pods() {
    let pods = (0..3000)
        .map(|n| pod("shop", &format!("p{n}"), None))
        .collect();
    let world = World::new([("pods", pods)].into()).await;
    let read = read(ClusterOptions {
        page: 500,
        ..world.options()
    })
    .await;
    read.healthy();
    assert_eq!(read.of("kube_pod").len(), 3000);
    assert_eq!(world.server.asked().len(), 7 + 6);
}

#[tokio::test]
async fn an_empty_cluster_is_complete() {
    let null = json!({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": null});
    let world = World::with([].into(), move |asked| {
        asked.path.ends_with("/pods").then(|| Answer::json(&null))
    })
    .await;
    let read = world.read().await;
    read.healthy();
    assert_eq!(read.complete(), ["helm|prod-weu", "kubernetes|prod-weu"]);
}

#[tokio::test]
async fn chosen_namespaces() {
    let world = World::new(healthy()).await;
    let options = ClusterOptions {
        name: Some("weu".to_owned()),
        namespaces: ["web", "shop", "web"].map(String::from).to_vec(),
        ..world.options()
    };
    let read = read(options).await;
    read.healthy();
    let wanted = [
        "helm|weu/shop",
        "kubernetes|weu/shop",
        "helm|weu/web",
        "kubernetes|weu/web",
    ];
    assert_eq!(read.complete(), wanted);
    assert_eq!(read.of("source_started").len(), 4);
    assert_eq!(read.of("kube_pod").len(), 6);
    let facts = read.facts();
    let others = facts.iter().filter(|fact| fact["namespace"].is_string());
    for fact in others {
        assert!(
            fact["namespace"] == "shop" || fact["namespace"] == "web",
            "{fact}"
        );
        assert_eq!(fact["cluster"], "weu");
    }
    let asked = world.server.asked();
    assert!(
        asked
            .iter()
            .all(|asked| asked.path.contains("/namespaces/"))
    );
}

#[tokio::test]
async fn an_owner_younger_than_the_list_is_looked_up_once() {
    let objects = healthy();
    let world = World::with(objects, |asked| {
        let is_late =
            asked.path.ends_with("/replicasets") && asked.param("fieldSelector").is_empty();
        let empty = json!({"kind": "ReplicaSetList", "apiVersion": "apps/v1", "metadata": {},
            "items": []});
        is_late.then(|| Answer::json(&empty))
    })
    .await;
    let read = world.read().await;
    read.healthy();
    let chains: Vec<_> = read.of("kube_pod").iter().map(chain).collect();
    assert_eq!(
        chains[0],
        "shop/checkout-7d9-x: ReplicaSet/checkout-7d9 > Deployment/checkout"
    );
    let asked = world.server.asked();
    let names = asked.iter().map(|asked| asked.param("fieldSelector"));
    let names: Vec<_> = names.filter(|name| name.starts_with("metadata")).collect();
    let wanted = ["checkout-7d9", "lone", "web-5c4"].map(|name| format!("metadata.name={name}"));
    assert_eq!(names, wanted);
}

#[tokio::test]
async fn owners_that_go_in_a_circle_end() {
    let of = |name| Some(owner("apps/v1", "ReplicaSet", "n", name));
    let sets = vec![
        workload(meta("n", "a", of("b")), &[]),
        workload(meta("n", "b", of("a")), &[]),
    ];
    let objects = [
        ("replicasets", sets),
        ("pods", vec![pod("n", "p", of("a"))]),
    ];
    let read = World::new(objects.into()).await.read().await;
    read.healthy();
    assert_eq!(
        read.of("kube_pod")[0]["owners"].as_array().unwrap().len(),
        8
    );
}

#[tokio::test]
async fn an_odd_object_is_a_problem_and_the_rest_is_read() {
    let odd: [(&str, Value, &str); 9] = [
        ("pods", Value::Null, "Pod without a name: unreadable"),
        (
            "pods",
            json!("hunter2"),
            "Pod without a name: unreadable: invalid type: string …",
        ),
        (
            "pods",
            json!({"metadata": {"name": "odd", "namespace": "n"}}),
            "Pod n/odd: unreadable: ",
        ),
        (
            "pods",
            changed("/spec/containers/0/image", Value::Null),
            "Pod n/odd: unreadable: ",
        ),
        (
            "pods",
            changed("/status/startTime", json!("hunter2")),
            "Pod n/odd: unreadable: ",
        ),
        (
            "pods",
            changed("/metadata/uid", json!(7)),
            "Pod n/odd: unreadable: ",
        ),
        (
            "deployments",
            json!({"metadata": meta("n", "odd", None), "spec": {}}),
            "Deployment n/odd: it has no pod template",
        ),
        (
            "replicasets",
            json!({"metadata": meta("n", "odd", None)}),
            "ReplicaSet n/odd: unreadable: missing field `spec`",
        ),
        ("jobs", json!([]), "Job without a name: unreadable"),
    ];
    let whole = World::new(healthy()).await.read().await.facts().len();
    for (plural, object, said) in odd {
        let mut objects = healthy();
        objects.get_mut(plural).unwrap().insert(1, object);
        let read = World::new(objects).await.read().await;
        let problem = read.problem();
        assert!(problem.starts_with(said), "{problem}");
        assert!(!read.outcome.as_ref().unwrap().complete);
        assert_eq!(read.complete(), ["helm|prod-weu"]);
        assert_eq!(read.facts().len(), whole - 1, "{problem}");
    }
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut pod = pod("n", "odd", None);
    *pod.pointer_mut(pointer).unwrap() = value;
    pod
}

#[tokio::test]
async fn nobody_listens() {
    let world = World::new(healthy()).await;
    let cluster = Cluster::connect(world.options()).await.unwrap();
    assert_eq!(cluster.name(), "prod-weu");
    let (sink, seen) = Sink::channel();
    drop(seen);
    assert_eq!(cluster.observe(&sink).await, Err(SourceError::Closed));
    assert_eq!(world.server.asked().len(), 0);
}
