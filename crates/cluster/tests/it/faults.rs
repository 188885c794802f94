//! What goes wrong on the way, at each request in turn.

use std::time::Duration;

use polar_cluster::ClusterOptions;
use polar_source::SourceError;
use polar_testkit::{Answer, Fault, Network, Proxy, Way};
use serde_json::{Value, json};

use crate::world::{Read, World, healthy, read, status};

/// A healthy reading, and the paths that were asked in their order.
async fn whole() -> (Vec<Value>, Vec<String>) {
    let world = World::new(healthy()).await;
    let read = world.read().await;
    read.healthy();
    let asked = world.server.asked().into_iter();
    (read.facts(), asked.map(|asked| asked.path).collect())
}

/// Reads a healthy cluster with one fault: at the `n`-th request, or from it on.
async fn with(n: usize, fault: Fault, lasts: bool) -> Read {
    let world = World::new(healthy()).await;
    let is_slow = matches!(fault, Fault::Slow(_));
    if lasts {
        world.server.fail_from(n, fault);
    } else {
        world.server.fail(n, fault);
    }
    let mut options = world.options();
    if is_slow {
        options.timeout = Duration::from_millis(1_500);
    }
    read(options).await
}

/// Reads with the fault at each request in turn, all at once.
async fn at_each(count: usize, fault: &Fault, lasts: bool) -> Vec<Read> {
    let reading = |n| tokio::spawn(with(n, fault.clone(), lasts));
    let readings: Vec<_> = (0..count).map(reading).collect();
    let mut reads = Vec::new();
    for reading in readings {
        reads.push(reading.await.unwrap());
    }
    reads
}

fn slow() -> Fault {
    Fault::Slow(Duration::from_secs(30))
}

#[tokio::test]
async fn what_passes_leaves_no_trace() {
    let (facts, asked) = whole().await;
    assert!(asked.len() > 15, "{asked:?}");
    for fault in [
        Fault::Instead(status(429, "TooManyRequests").header("retry-after", "0")),
        Fault::Instead(status(500, "InternalError")),
        Fault::status(503),
        Fault::Reset,
        Fault::Truncated,
        slow(),
    ] {
        for (n, read) in at_each(asked.len(), &fault, false).await.iter().enumerate() {
            read.healthy();
            assert_eq!(read.facts(), facts, "{fault:?} at {n}");
        }
    }
}

#[tokio::test]
async fn what_lasts_leaves_its_scope_incomplete() {
    let (facts, asked) = whole().await;
    for (fault, ends) in [
        (
            Fault::Instead(status(429, "TooManyRequests").header("retry-after", "0")),
            false,
        ),
        (
            Fault::Instead(status(429, "TooManyRequests").header("retry-after", "9999")),
            false,
        ),
        (Fault::Instead(status(500, "InternalError")), false),
        (Fault::Instead(status(403, "Forbidden")), false),
        (Fault::status(302), false),
        (Fault::html(), false),
        (Fault::Instead(Answer::json(&json!({}))), false),
        (Fault::Instead(status(401, "Unauthorized")), true),
        (Fault::Reset, true),
        (Fault::Truncated, true),
        (slow(), true),
    ] {
        for (n, read) in at_each(asked.len(), &fault, true).await.iter().enumerate() {
            let place = format!("{fault:?} from {n}: {read:?}");
            let is_helm = asked[n].ends_with("/secrets");
            assert_eq!(read.outcome.is_err(), ends, "{place}");
            let complete = read.complete();
            let wanted: &[&str] = if is_helm && !ends {
                &["kubernetes|prod-weu"]
            } else {
                &[]
            };
            assert_eq!(complete, wanted, "{place}");
            if let Ok(outcome) = &read.outcome {
                assert_eq!(outcome.complete, is_helm, "{place}");
                assert!(outcome.problems > 0, "{place}");
            }
            for fact in read.facts() {
                assert!(
                    facts.contains(&fact) || fact["type"] == "kube_pod",
                    "{fact}"
                );
            }
        }
    }
}

/// Lists that stop in the middle, or keep coming but take longer than an answer may.
#[tokio::test]
async fn a_list_that_does_not_end_leaves_its_scope_incomplete() {
    let (facts, _) = whole().await;
    let mut world = World::new(healthy()).await;
    let port = world.server.host.rsplit_once(':').unwrap().1;
    let proxy = Proxy::start(port.parse().unwrap()).await;
    world.server.url = format!("http://{}", proxy.address());
    world.kubeconfig("", "");
    proxy.set(Network::Fine);
    world.read().await.healthy();
    let length = proxy.passed(Way::Back);
    let mut networks = vec![
        Network::Stalled,
        Network::Trickle(Way::Back, 1, Duration::from_millis(20)),
    ];
    networks.extend([1, 3, 5, 7].map(|part| Network::StalledFrom(Way::Back, length * part / 8)));
    for network in networks {
        proxy.set(network);
        let mut options = world.options();
        options.timeout = Duration::from_millis(700);
        options.attempts = 2;
        let reading = tokio::time::timeout(Duration::from_secs(60), read(options)).await;
        let stalled = reading.expect("it hangs");
        let error = stalled.outcome.as_ref().unwrap_err().to_string();
        assert!(error.contains("timed out"), "{network:?}: {error}");
        assert_eq!(stalled.complete(), [] as [&str; 0], "{network:?}");
        proxy.set(Network::Fine);
        let again = world.read().await;
        again.healthy();
        assert_eq!(again.facts(), facts, "{network:?}");
    }
}

#[tokio::test]
async fn what_is_not_tried_again_costs_its_own_list_only() {
    let (facts, asked) = whole().await;
    for fault in [Fault::html(), Fault::status(403), Fault::status(404)] {
        for (n, read) in at_each(asked.len(), &fault, false).await.iter().enumerate() {
            let is_helm = asked[n].ends_with("/secrets");
            let complete = if is_helm {
                "kubernetes|prod-weu"
            } else {
                "helm|prod-weu"
            };
            assert_eq!(read.complete(), [complete], "{fault:?} at {n}");
            let problem = read.problem();
            assert!(problem.contains(&asked[n]), "{problem}");
            let there = read.facts();
            let plural = asked[n].rsplit('/').next().unwrap();
            for fact in facts.iter().filter(|fact| !is_lost(fact, plural)) {
                assert!(there.contains(fact), "{fact} with {fault:?} at {n}");
            }
            let pods = read.of("kube_pod").len();
            assert!(pods == 10 || plural == "pods", "{pods} pods");
        }
    }
    for read in at_each(asked.len(), &Fault::status(401), false).await {
        let error = read.outcome.unwrap_err().to_string();
        let said = "401: the credentials are missing, wrong or expired";
        assert!(error.ends_with(said), "{error}");
    }
}

/// Whether a fact may be missing, or known less well, where a list was not read.
fn is_lost(fact: &Value, plural: &str) -> bool {
    match fact["type"].as_str().unwrap() {
        "source_complete" => true,
        "helm_release" => plural == "secrets",
        "kube_pod" => matches!(plural, "pods" | "replicasets" | "jobs"),
        "kube_workload" => {
            let kind = fact["kind"].as_str().unwrap();
            format!("{}s", kind.to_lowercase()) == plural
        }
        _ => false,
    }
}

#[tokio::test]
async fn a_kind_that_is_refused_names_the_right() {
    let (_, asked) = whole().await;
    let mut paths = asked;
    paths.dedup();
    for path in paths.into_iter().filter(|path| !path.ends_with("/secrets")) {
        let plural = path.rsplit('/').next().unwrap().to_owned();
        let group = path.split('/').nth(2).filter(|group| *group != "v1");
        let group = group.unwrap_or_default().to_owned();
        for (code, said) in [
            (
                403,
                format!(
                    "may not list {plural}; allow it by a ClusterRole with apiGroups: \
                [\"{group}\"], resources: [\"{plural}\"], verbs: [\"list\"], or choose namespaces"
                ),
            ),
            (404, format!("the server cannot list {plural}")),
            (500, format!("so {plural} were not read")),
        ] {
            let refused = path.clone();
            let world = World::with(healthy(), move |asked| {
                (asked.path == refused).then(|| status(code, "Failure"))
            })
            .await;
            let read = world.read().await;
            let problem = read.problem();
            assert!(problem.contains(&said), "{problem}");
            assert!(problem.starts_with(&format!("{}{path}: {code}", world.server.url)));
            assert_eq!(read.complete(), ["helm|prod-weu"]);
            let pods = read.of("kube_pod").len();
            assert_eq!(pods, if plural == "pods" { 0 } else { 10 });
        }
    }
}

#[tokio::test]
async fn a_namespace_that_fails_leaves_the_others() {
    let world = World::with(healthy(), |asked| {
        let is_refused = asked.path == "/api/v1/namespaces/shop/pods";
        is_refused.then(|| status(403, "Forbidden"))
    })
    .await;
    let namespaces = ["shop", "web"].map(String::from).to_vec();
    let read = read(ClusterOptions {
        namespaces,
        ..world.options()
    })
    .await;
    let problem = read.problem();
    assert!(
        problem.contains("a Role in namespace shop with"),
        "{problem}"
    );
    assert!(!read.outcome.as_ref().unwrap().complete);
    let wanted = [
        "helm|prod-weu/shop",
        "helm|prod-weu/web",
        "kubernetes|prod-weu/web",
    ];
    assert_eq!(read.complete(), wanted);
}

#[tokio::test]
async fn a_list_that_expires_is_begun_anew() {
    let (facts, _) = whole().await;
    let world = World::new(healthy()).await;
    world.read().await;
    let asked = world.server.asked();
    let later = (0..asked.len()).filter(|n| !asked[*n].param("continue").is_empty());
    for n in later.collect::<Vec<_>>() {
        let read = with(n, Fault::Instead(status(410, "Expired")), false).await;
        read.healthy();
        assert_eq!(read.facts(), facts, "{n}");
    }
    // Each time anew.
    let world = World::with(healthy(), |asked| {
        let is_later = asked.path.ends_with("/pods") && !asked.param("continue").is_empty();
        is_later.then(|| status(410, "Expired"))
    })
    .await;
    let read = world.read().await;
    let problem = read.problem();
    assert!(
        problem.contains("410: it changed faster than it could be read"),
        "{problem}"
    );
    assert_eq!(read.complete(), ["helm|prod-weu"]);
    assert_eq!(read.of("kube_pod").len(), 2);
    let asked = world.server.asked();
    let pods = asked.iter().filter(|asked| asked.path.ends_with("/pods"));
    assert_eq!(pods.count(), 8);
}

#[tokio::test]
async fn what_is_no_list_is_not_taken_for_an_empty_one() {
    for body in [
        json!({}),
        json!([]),
        json!({"kind": "PodList", "metadata": {}}),
        json!({"kind": "Status", "items": []}),
        json!({"kind": "DeploymentList", "items": []}),
        json!({"kind": "PodList", "metadata": {"continue": "again"}, "items": []}),
    ] {
        let answer = Answer::json(&body);
        let world = World::with(healthy(), move |asked| {
            asked.path.ends_with("/pods").then(|| answer.clone())
        })
        .await;
        let read = world.read().await;
        assert!(read.problem().contains("/api/v1/pods: unreadable answer: "));
        assert_eq!(read.complete(), ["helm|prod-weu"]);
    }
}

#[tokio::test]
async fn nobody_answers() {
    let world = World::new(healthy()).await;
    let options = world.options();
    let World { server, folder } = world;
    let url = server.url.clone();
    drop(server);
    let text = std::fs::read_to_string(folder.path().join("config")).unwrap();
    let text = text.replace(&url, "http://127.0.0.1:1");
    std::fs::write(folder.path().join("config"), text).unwrap();
    let read = read(options).await;
    let error = read.outcome.unwrap_err();
    assert!(matches!(error, SourceError::Unreachable { .. }));
    let error = error.to_string();
    let place = "http://127.0.0.1:1/apis/apps/v1/deployments: no answer: ";
    assert!(
        error.starts_with(place) && error.contains("refused"),
        "{error}"
    );
}
