//! The chart: what Helm says of it, whether Kubernetes knows each field of what it renders, and whether
//! its rights are those that a reading needs.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{ConfigMap, Service, ServiceAccount},
    policy::v1::PodDisruptionBudget,
    rbac::v1::{ClusterRole, ClusterRoleBinding, Role, RoleBinding},
};
use polar_testkit::Tool;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::world::{World, healthy};

const VALUES: [&str; 4] = ["", "tls", "everything", "nothing"];

fn chart() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/polar-provenance")
}

fn helm() -> Tool {
    Tool::new("TEST_HELM", "helm")
}

/// Arguments for the chart with a file of values.
fn with_values(values: &str) -> Vec<String> {
    let mut args = vec![chart().display().to_string()];
    if !values.is_empty() {
        let file = chart().join(format!("ci/{values}-values.yaml"));
        args.extend(["--values".to_owned(), file.display().to_string()]);
    }
    args.extend(["--kube-version".to_owned(), "1.34.0".to_owned()]);
    args
}

fn rendered(values: &str) -> Vec<Value> {
    let args = with_values(values);
    let mut all = vec!["template", "provenance", "--namespace", "tools"];
    all.extend(args.iter().map(String::as_str));
    let text = helm().prints(&all);
    let documents = text.split("\n---\n").filter(|text| text.contains("kind:"));
    documents
        .map(|text| serde_saphyr::from_str(text).unwrap())
        .collect()
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let found = objects.iter().filter(|object| object["kind"] == kind);
    found.collect()
}

#[test]
fn helm_finds_nothing_wrong() {
    for values in VALUES {
        let args = with_values(values);
        let mut all = vec!["lint", "--strict"];
        all.extend(args.iter().map(String::as_str));
        let said = helm().prints(&all);
        assert!(said.contains("0 chart(s) failed"), "{values}: {said}");
    }
}

/// Through its type and back: a field that Kubernetes does not know would be lost.
fn check_type<T: DeserializeOwned + Serialize>(object: &Value) {
    let typed: T = serde_json::from_value(object.clone()).unwrap();
    assert_eq!(&serde_json::to_value(typed).unwrap(), object);
}

#[test]
fn kubernetes_knows_each_field() {
    for values in VALUES {
        let objects = rendered(values);
        assert!(objects.len() >= 3, "{values}: {objects:#?}");
        for object in &objects {
            let kind = format!("{} {}", object["apiVersion"], object["kind"]).replace('"', "");
            match kind.as_str() {
                "v1 ConfigMap" => check_type::<ConfigMap>(object),
                "v1 Service" => check_type::<Service>(object),
                "v1 ServiceAccount" => check_type::<ServiceAccount>(object),
                "apps/v1 Deployment" => check_type::<Deployment>(object),
                "policy/v1 PodDisruptionBudget" => check_type::<PodDisruptionBudget>(object),
                "rbac.authorization.k8s.io/v1 Role" => check_type::<Role>(object),
                "rbac.authorization.k8s.io/v1 RoleBinding" => check_type::<RoleBinding>(object),
                "rbac.authorization.k8s.io/v1 ClusterRole" => check_type::<ClusterRole>(object),
                "rbac.authorization.k8s.io/v1 ClusterRoleBinding" => {
                    check_type::<ClusterRoleBinding>(object);
                }
                // Types of the Prometheus operator, which are none of Kubernetes.
                "monitoring.coreos.com/v1 ServiceMonitor" => {
                    let port = &object["spec"]["endpoints"][0]["port"];
                    assert_eq!(
                        *port,
                        of_kind(&objects, "Service")[0]["spec"]["ports"][0]["name"]
                    );
                }
                "monitoring.coreos.com/v1 PrometheusRule" => {
                    let alerts = std::fs::read_to_string(chart().join("files/alerts.yaml"));
                    let alerts: Value = serde_saphyr::from_str(&alerts.unwrap()).unwrap();
                    assert_eq!(object["spec"], alerts);
                }
                other => panic!("{values}: {other}"),
            }
        }
    }
}

/// What an API server is asked for, as rights.
async fn asked_for() -> BTreeSet<(String, String, String)> {
    let world = World::new(healthy()).await;
    let read = world.read().await;
    assert!(read.outcome.unwrap().complete);
    let asked = world.server.asked();
    let right = |path: &str, method: &str| {
        assert_eq!(method, "GET", "{path}");
        let (group, rest) = match path.strip_prefix("/apis/") {
            Some(path) => path.split_once('/').unwrap(),
            None => ("", path.strip_prefix("/api/").unwrap()),
        };
        // What is listed comes last, whatever it is listed of.
        let resource = rest.rsplit('/').next().unwrap();
        (group.to_owned(), resource.to_owned(), "list".to_owned())
    };
    asked
        .iter()
        .map(|asked| right(&asked.path, &asked.method))
        .collect()
}

/// What a role allows.
fn allowed(role: &Value) -> BTreeSet<(String, String, String)> {
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().unwrap().iter();
        all.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let mut rights = BTreeSet::new();
    for rule in role["rules"].as_array().unwrap() {
        for group in texts(&rule["apiGroups"]) {
            for resource in texts(&rule["resources"]) {
                for verb in texts(&rule["verbs"]) {
                    rights.insert((group.clone(), resource.clone(), verb));
                }
            }
        }
    }
    rights
}

#[tokio::test]
async fn its_rights_are_what_a_reading_asks_for() {
    let asked = asked_for().await;
    // With Helm releases, all of it; without, all but secrets.
    let everything = rendered("everything");
    assert_eq!(allowed(of_kind(&everything, "ClusterRole")[0]), asked);
    let mut without = asked.clone();
    without.remove(&(String::new(), "secrets".to_owned(), "list".to_owned()));
    assert_ne!(without, asked);
    assert_eq!(allowed(of_kind(&rendered(""), "ClusterRole")[0]), without);
    // Namespaces that are named need no right to others.
    let tls = rendered("tls");
    let roles = of_kind(&tls, "Role");
    let of: Vec<_> = roles
        .iter()
        .map(|role| &role["metadata"]["namespace"])
        .collect();
    assert_eq!(of, ["shop", "data"]);
    for role in roles {
        assert_eq!(allowed(role), without);
    }
    assert!(of_kind(&tls, "ClusterRole").is_empty());
    let nothing = rendered("nothing");
    assert!(of_kind(&nothing, "ClusterRole").is_empty() && of_kind(&nothing, "Role").is_empty());
    let pod = &of_kind(&nothing, "Deployment")[0]["spec"]["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
}

#[test]
fn pods_are_locked_down_and_probed() {
    for values in VALUES {
        let objects = rendered(values);
        let deployment = of_kind(&objects, "Deployment")[0];
        let pod = &deployment["spec"]["template"]["spec"];
        assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
        assert_eq!(
            pod["securityContext"]["seccompProfile"]["type"],
            "RuntimeDefault"
        );
        let [container] = pod["containers"].as_array().unwrap().as_slice() else {
            panic!("{pod:#?}");
        };
        let context = &container["securityContext"];
        assert_eq!(context["readOnlyRootFilesystem"], true);
        assert_eq!(context["allowPrivilegeEscalation"], false);
        assert_eq!(context["capabilities"]["drop"], serde_json::json!(["ALL"]));
        assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz");
        assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
        // Secrets come from Secrets: no value of the environment is one.
        let env = container["env"].as_array().unwrap();
        for variable in env {
            let name = variable["name"].as_str().unwrap();
            let is_secret = ["PASSWORD", "TOKEN", "HEADERS"]
                .iter()
                .any(|word| name.ends_with(word));
            let source = &variable["valueFrom"]["secretKeyRef"]["name"];
            assert_eq!(
                is_secret,
                source.is_string() && name != "GRAPH_USER",
                "{name}"
            );
        }
        assert!(of_kind(&objects, "Secret").is_empty());
    }
}

#[test]
fn values_that_cannot_work_are_refused() {
    for (set, wanted) in [
        (
            "graph.endpoint=neo4j://user:secret@graph:7687",
            "/graph/endpoint",
        ),
        ("graph.secret=", "/graph/secret"),
        (
            "gitlab.endpoint=https://gitlab.acme.example",
            "gitlab.secret must name",
        ),
        ("replcias=3", "replcias"),
        ("cluster.namespaces={Not_One}", "/cluster/namespaces/0"),
        ("image.digest=sha256:abc", "/image/digest"),
    ] {
        let chart = chart().display().to_string();
        let args = ["template", &chart, "--kube-version", "1.34.0", "--set", set];
        let output = helm().run(&args);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains(wanted),
            "{set}: {said}"
        );
    }
}
