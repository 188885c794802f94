//! TLS with everything that the program talks to: servers with a right certificate and with each
//! wrong one, and servers without TLS where it is asked for.

use std::{fs, path::Path};

use polar_graph::Neo4jSettings;
use polar_testkit::{Answer, Asked, Certificates, FakeServer, Front, SharedNeo4j, Speaks};
use serde_json::json;
use tempfile::TempDir;

use crate::common::{Outcome, command, outcome};

const SECRETS: [&str; 3] = [
    "glpat-5711-hidden",
    "password-5712-hidden",
    "kube-5713-hidden",
];

/// What the program talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Neo4j,
    GitLab,
    Registry,
    Kubernetes,
}
use Peer::{GitLab, Kubernetes, Neo4j, Registry};

const PEERS: [Peer; 4] = [Neo4j, GitLab, Registry, Kubernetes];

/// What the program says of a server that it does not trust.
#[derive(Debug, Clone, Copy)]
struct Case {
    speaks: Speaks,
    ca: &'static str,
    /// `NAME.pem` and `NAME.key`.
    shown: Option<&'static str>,
    /// The end: 0, or 3 with one of these words.
    fails: &'static [&'static str],
}

const RIGHT: Case = Case {
    speaks: Speaks::Tls("server"),
    ca: "ca.pem",
    shown: None,
    fails: &[],
};

/// Whom the other side refuses says so in words of its own.
const REFUSED: &[&str] = &["no answer", "cannot reach", "TLS"];

const CASES: [Case; 9] = [
    RIGHT,
    Case {
        speaks: Speaks::Tls("expired"),
        fails: &["expired", "Expired"],
        ..RIGHT
    },
    Case {
        speaks: Speaks::Tls("elsewhere"),
        fails: &["not valid for name", "NotValidForName"],
        ..RIGHT
    },
    Case {
        speaks: Speaks::Tls("stranger"),
        fails: &["UnknownIssuer"],
        ..RIGHT
    },
    Case {
        ca: "other-ca.pem",
        fails: &["UnknownIssuer"],
        ..RIGHT
    },
    Case {
        speaks: Speaks::Plain,
        fails: &["does not speak TLS", "InvalidContentType"],
        ..RIGHT
    },
    Case {
        speaks: Speaks::Mutual,
        shown: Some("client"),
        ..RIGHT
    },
    Case {
        speaks: Speaks::Mutual,
        fails: REFUSED,
        ..RIGHT
    },
    Case {
        speaks: Speaks::Mutual,
        shown: Some("other-client"),
        fails: REFUSED,
        ..RIGHT
    },
];

/// A GitLab, a registry and a cluster with nothing in them.
fn empty(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/v4/projects" => Answer::json(&json!([])),
        "/v2/_catalog" => Answer::json(&json!({"repositories": []})),
        path => {
            let kinds = [
                "Deployment",
                "StatefulSet",
                "DaemonSet",
                "ReplicaSet",
                "Job",
                "CronJob",
                "Pod",
                "Secret",
            ];
            let wanted = |kind: &&&str| path.ends_with(&format!("/{}s", kind.to_lowercase()));
            match kinds.iter().find(wanted) {
                Some(kind) => Answer::json(&json!({"kind": format!("{kind}List"),
                    "apiVersion": "v1", "metadata": {}, "items": []})),
                None => Answer::status(404),
            }
        }
    }
}

struct World {
    certificates: Certificates,
    folder: TempDir,
    graph: Neo4jSettings,
}

impl World {
    fn path(&self, name: &str) -> String {
        self.certificates.path(name).display().to_string()
    }

    /// Talks to a peer that stands behind a front.
    fn run(&self, peer: Peer, case: &Case, host: &str, number: usize) -> Outcome {
        let ca = self.path(case.ca);
        let shown = case.shown.map(|name| {
            (
                self.path(&format!("{name}.pem")),
                self.path(&format!("{name}.key")),
            )
        });
        let write = |name: &str, text: String| {
            let path = self.folder.path().join(format!("{name}-{number}"));
            fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let endpoint = format!("bolt://{host}");
        let mut variables = vec![("RUST_LOG", "warn,kube_client=off")];
        let config;
        let args: Vec<&str> = match peer {
            Neo4j => {
                variables.extend([
                    ("GRAPH_ENDPOINT", endpoint.as_str()),
                    ("GRAPH_USER", &self.graph.user),
                    ("GRAPH_PASSWORD", &self.graph.password),
                    ("GRAPH_CA_CERT", &ca),
                ]);
                if let Some((cert, key)) = &shown {
                    variables.extend([
                        ("GRAPH_CLIENT_CERT", cert.as_str()),
                        ("GRAPH_CLIENT_KEY", key.as_str()),
                    ]);
                }
                vec!["findings", "--graph", "neo4j"]
            }
            Kubernetes => {
                let kubeconfig = write("kubeconfig", kubeconfig(host, &ca, shown.as_ref()));
                config = write(
                    "kube.toml",
                    format!("[[kubernetes]]\nkubeconfig = {kubeconfig:?}\n"),
                );
                vec!["observe", "kubernetes", "--config", &config]
            }
            GitLab | Registry => {
                let mut tls = format!("ca_cert = {ca:?}\n");
                if let Some((cert, key)) = &shown {
                    tls += &format!("client_cert = {cert:?}\nclient_key = {key:?}\n");
                }
                let kind = if peer == GitLab {
                    let token = write("token", SECRETS[0].to_owned());
                    config = write(
                        "gitlab.toml",
                        format!(
                            "[gitlab]\nendpoint = \"https://{host}\"\ntoken_file = {token:?}\n{tls}"
                        ),
                    );
                    "gitlab"
                } else {
                    let password = write("password", SECRETS[1].to_owned());
                    config = write(
                        "registry.toml",
                        format!(
                            "[[registry]]\nhost = \"{host}\"\nuser = \"me\"\npassword_file = {password:?}\n{tls}"
                        ),
                    );
                    "registry"
                };
                vec!["observe", kind, "--config", &config]
            }
        };
        outcome(command(&args, &variables).output().unwrap())
    }
}

fn kubeconfig(host: &str, ca: &str, shown: Option<&(String, String)>) -> String {
    let shown = shown.map_or_else(String::new, |(cert, key)| {
        format!("\n    client-certificate: {cert}\n    client-key: {key}")
    });
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: prod\n\
         clusters:\n- name: c\n  cluster:\n    server: https://{host}\n    certificate-authority: {ca}\n\
         users:\n- name: u\n  user:\n    token: {}{shown}\n\
         contexts:\n- name: prod\n  context:\n    cluster: c\n    user: u\n",
        SECRETS[2]
    )
}

/// What would tell of a request in plain text: secrets, how HTTP begins, how Bolt begins.
fn assert_unreadable(wire: &[u8], password: &str, what: &str) {
    let is_in = |text: &[u8]| wire.windows(text.len()).any(|window| window == text);
    for text in SECRETS
        .iter()
        .chain([&password, &"GET ", &"/v2/", &"/api", &"neo4j"])
    {
        assert!(!is_in(text.as_bytes()), "{what}: `{text}` in plain text");
    }
    assert!(
        !is_in(&[0x60, 0x60, 0xb0, 0x17]),
        "{what}: Bolt in plain text"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_trusted_without_a_right_certificate_and_nothing_is_said_in_plain_text() {
    let shared = SharedNeo4j::take();
    let graph = shared.settings.clone();
    let (_, neo4j) = graph.endpoint.split_once("://").unwrap();
    let neo4j = neo4j.to_owned();
    let world = World {
        certificates: Certificates::new(),
        folder: TempDir::new().unwrap(),
        graph,
    };
    let server = FakeServer::start(empty).await;
    let mut running = Vec::new();
    for (number, (case, peer)) in CASES
        .iter()
        .flat_map(|case| PEERS.map(|peer| (case, peer)))
        .enumerate()
    {
        let behind = if peer == Neo4j { &neo4j } else { &server.host };
        let front = Front::before(behind, &world.certificates, case.speaks).await;
        running.push((number, case, peer, front));
    }
    // Side by side, since those that find no TLS try again and again.
    let told: Vec<_> = tokio::task::block_in_place(|| {
        std::thread::scope(|scope| {
            let world = &world;
            let threads: Vec<_> = running
                .iter()
                .map(|(number, case, peer, front)| {
                    scope.spawn(move || world.run(*peer, case, &front.host, *number))
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        })
    });
    for ((_, case, peer, front), told) in running.iter().zip(told) {
        let what = format!("{peer:?} {case:?} {told:?}");
        assert_unreadable(&front.wire(), &world.graph.password, &what);
        for secret in SECRETS.iter().chain([&world.graph.password.as_str()]) {
            assert!(
                !told.stdout.contains(secret) && !told.stderr.contains(secret),
                "{what}"
            );
        }
        if case.fails.is_empty() {
            assert_eq!(told.code, 0, "{what}");
            assert!(!front.inside().is_empty(), "{what}");
            continue;
        }
        assert_eq!(told.code, 3, "{what}");
        assert!(
            case.fails.iter().any(|word| told.stderr.contains(word)),
            "{what}"
        );
        assert!(told.stderr.contains(&front.host), "{what}");
        // Who does not trust the server says nothing to it.
        if matches!(case.speaks, Speaks::Tls(_)) {
            assert!(front.inside().is_empty(), "{what}");
        }
    }
    // Behind the fronts that let nobody in nothing arrived: what did came through the right ones.
    let right = CASES.iter().filter(|case| case.fails.is_empty()).count();
    let gitlab = server
        .asked()
        .iter()
        .filter(|asked| asked.path.starts_with("/api/v4"))
        .count();
    assert_eq!(gitlab, right);
}

#[test]
fn halves_of_a_client_certificate_and_certificates_for_plain_text_are_refused() {
    let folder = TempDir::new().unwrap();
    let config = folder.path().join("c.toml").display().to_string();
    let certificates = Certificates::new();
    let ca = certificates.path("ca.pem").display().to_string();
    let gitlab = "[gitlab]\nendpoint = \"https://g.example\"\n";
    let registry = "[[registry]]\nhost = \"r.example\"\n";
    for (text, said) in [
        (
            format!("{gitlab}client_cert = \"/c\"\n"),
            "`client_key` is not: give both or neither",
        ),
        (
            format!("{gitlab}client_key = \"/c\"\n"),
            "`client_cert` is not: give both or neither",
        ),
        (
            format!("{registry}client_cert = \"/c\"\n"),
            "TLS with registry r.example",
        ),
        (
            format!("{registry}client_key = \"/c\"\n"),
            "give both or neither",
        ),
        (
            format!("{registry}client_cert = \"/c\"\nclient_key = \"/k\"\n"),
            "client certificate (`client_cert`) /c",
        ),
        (
            format!("{registry}client_cert = {ca:?}\nclient_key = {ca:?}\n"),
            "no private key",
        ),
        (format!("{registry}ca_cert = \"/none.pem\"\n"), "`ca_cert`"),
        (
            format!("{registry}plain_http = true\nca_cert = {ca:?}\n"),
            "the address is plain HTTP",
        ),
        (
            format!("[gitlab]\nendpoint = \"http://g.example\"\nca_cert = {ca:?}\n"),
            "the address is plain HTTP",
        ),
    ] {
        fs::write(Path::new(&config), &text).unwrap();
        let variables = [("GITLAB_TOKEN", SECRETS[0])];
        let told = crate::common::polar(&["config", "check", "--config", &config], &variables);
        assert_eq!(told.code, 1, "{text} {told:?}");
        assert!(
            told.stdout.contains("wrong ") && told.stdout.contains(said),
            "{text} {told:?}"
        );
        let source = if text.contains("[gitlab]") {
            "gitlab"
        } else {
            "registry"
        };
        let told = crate::common::polar(&["observe", source, "--config", &config], &variables);
        assert_eq!(told.code, 2, "{text} {told:?}");
        assert!(!told.stderr.contains(SECRETS[0]), "{told:?}");
    }
    // By the environment.
    fs::write(Path::new(&config), gitlab).unwrap();
    let variables = [
        ("GITLAB_TOKEN", SECRETS[0]),
        ("GITLAB_CLIENT_CERT", "/c.pem"),
    ];
    let told = crate::common::polar(&["observe", "gitlab", "--config", &config], &variables);
    assert_eq!(told.code, 2, "{told:?}");
    assert!(told.stderr.contains("GITLAB_CLIENT_KEY"), "{told:?}");
}
