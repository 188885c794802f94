//! No secret is in what the program says or keeps, however it fails and however much it logs.

use std::fs;

use base64::{Engine, engine::general_purpose as base64_of};
use polar_testkit::{Answer, Certificates, FakeServer, Fault, SharedNeo4j};
use serde_json::json;
use tempfile::TempDir;

use crate::common::{command, outcome, variables};

// With characters that the forms of an address or of a header change.
const GITLAB: &str = "glpat-7711+a/b=c hidden";
const PASSWORD: &str = "password-7712+a/b=c&d hidden";
const ENTRA: &str = "entra.7713+a/b=c hidden";
const KUBE: &str = "kube-7714.hidden";
const GRAPH: &str = "graph-7715+a/b=c hidden";

/// A secret as it could be told: plain, encoded, quoted.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned(), json!(secret).to_string()];
    for text in [
        secret.to_owned(),
        format!("me:{secret}"),
        format!("neo4j:{secret}"),
    ] {
        forms.extend([
            base64_of::STANDARD_NO_PAD.encode(&text),
            base64_of::URL_SAFE_NO_PAD.encode(&text),
        ]);
    }
    let form: String = url_encoded(secret, "+");
    forms.extend([form, url_encoded(secret, "%20")]);
    forms.push(
        format!("{:?}", secret.as_bytes())
            .trim_matches(['[', ']'])
            .to_owned(),
    );
    forms.push(secret.bytes().map(|byte| format!("{byte:02x}")).collect());
    forms
}

fn url_encoded(text: &str, blank: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        b' ' => blank.to_owned(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

fn assert_hidden(what: &str, told: &str) {
    for secret in [GITLAB, PASSWORD, ENTRA, KUBE, GRAPH] {
        for form in forms(secret) {
            assert!(!told.contains(&form), "{what} tells {form}:\n{told}");
        }
    }
}

struct Sources {
    folder: TempDir,
    certificates: Certificates,
    server: FakeServer,
}

impl Sources {
    /// All sources on one server, which wants a token from itself.
    async fn new() -> Self {
        let certificates = Certificates::new();
        let server = FakeServer::start_tls(&certificates, |asked| {
            let host = &asked.headers["host"];
            match asked.path.as_str() {
                "/oauth2/exchange" => Answer::json(&json!({"refresh_token": ENTRA})),
                "/token" => Answer::json(&json!({"token": PASSWORD.replace(' ', "")})),
                path if path.starts_with("/v2/") => {
                    let challenge = format!("Bearer realm=\"https://{host}/token\",service=\"s\"");
                    Answer::status(401).header("www-authenticate", challenge)
                }
                // Whoever answers may repeat what it was told.
                _ => Answer::json(&json!({"message": format!("{:?}", asked.headers)})),
            }
        })
        .await;
        let folder = TempDir::new().unwrap();
        let sources = Self {
            folder,
            certificates,
            server,
        };
        for (name, secret) in [("gitlab", GITLAB), ("password", PASSWORD), ("entra", ENTRA)] {
            sources.write(name, secret.to_owned());
        }
        sources.config(&sources.server.host);
        sources
    }

    fn write(&self, name: &str, text: String) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    fn config(&self, host: &str) {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        let ca = self.certificates.path("ca.pem").display().to_string();
        let kubeconfig = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: prod\n\
             clusters:\n- name: c\n  cluster:\n    server: https://{host}\n    certificate-authority: {ca}\n\
             users:\n- name: u\n  user:\n    token: {KUBE}\n\
             contexts:\n- name: prod\n  context:\n    cluster: c\n    user: u\n"
        );
        let kubeconfig = self.write("kubeconfig", kubeconfig);
        let config = format!(
            "every = \"200ms\"\n\
             [gitlab]\nendpoint = \"https://{host}\"\ntoken_file = {:?}\nca_cert = {ca:?}\n\
             [[registry]]\nhost = \"{host}\"\nuser = \"me\"\npassword_file = {:?}\nca_cert = {ca:?}\n\
             [[registry]]\nhost = \"a.azurecr.io\"\naddress = \"{host}\"\nentra_token_file = {:?}\nca_cert = {ca:?}\n\
             [[kubernetes]]\nkubeconfig = {kubeconfig:?}\n",
            path("gitlab"),
            path("password"),
            path("entra"),
        );
        self.write("config.toml", config);
    }

    /// Runs the program, and looks at all that it says.
    fn run(&self, what: &str, args: &[&str], more: &[(&str, &str)]) {
        let config = self.folder.path().join("config.toml").display().to_string();
        let mut all = vec!["--config", &config];
        all.extend(args);
        let mut with = vec![("RUST_LOG", "trace")];
        with.extend(more);
        let told = outcome(command(&all, &with).output().unwrap());
        assert!(
            told.stderr.contains("TRACE") || told.stderr.contains("DEBUG") || args[0] == "config",
            "{told:?}"
        );
        assert_hidden(what, &format!("{}\n{}", told.stdout, told.stderr));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_told_at_the_finest_level_of_logs_however_sources_fail() {
    let sources = Sources::new().await;
    let moved = Answer::status(302).header("location", "https://127.0.0.1:1/elsewhere");
    for fault in [
        None,
        Some(Fault::status(401)),
        Some(Fault::status(403)),
        Some(Fault::Instead(moved)),
        Some(Fault::html()),
        Some(Fault::Truncated),
    ] {
        let what = format!("{fault:?}");
        sources.server.reset();
        if let Some(fault) = fault {
            sources.server.fail_from(0, fault);
        }
        tokio::task::block_in_place(|| {
            std::thread::scope(|scope| {
                for kind in ["gitlab", "registry", "kubernetes"] {
                    let (sources, what) = (&sources, &what);
                    scope.spawn(move || sources.run(what, &["observe", kind], &[]));
                }
            });
        });
        assert!(!sources.server.asked().is_empty());
    }
    for args in [["config", "show"], ["config", "check"]] {
        tokio::task::block_in_place(|| sources.run("config", &args, &[]));
    }
    // The secrets did arrive.
    sources.server.reset();
    tokio::task::block_in_place(|| sources.run("registry", &["observe", "registry"], &[]));
    let asked = format!("{:?}", sources.server.asked());
    assert!(
        asked.contains(&base64_of::STANDARD.encode(format!("me:{PASSWORD}"))),
        "{asked}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_the_graph_is_told() {
    let sources = Sources::new().await;
    let shared = SharedNeo4j::take();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("bolt://{}", listener.local_addr().unwrap());
    drop(listener);
    let ca = sources.certificates.path("ca.pem").display().to_string();
    let right = variables(&shared.settings);
    let wrong = |more: &[(&'static str, &str)]| {
        let mut all: Vec<_> = right
            .iter()
            .filter(|(name, _)| *name != "GRAPH_PASSWORD")
            .copied()
            .map(|(name, value)| (name, value.to_owned()))
            .collect();
        all.push(("GRAPH_PASSWORD", GRAPH.to_owned()));
        all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
        all.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        all
    };
    for variables in [
        wrong(&[]),
        wrong(&[("GRAPH_ENDPOINT", &silent)]),
        wrong(&[("GRAPH_CA_CERT", &ca)]),
        wrong(&[("GRAPH_CLIENT_CERT", &ca)]),
        wrong(&[("GRAPH_ENDPOINT", "http://x")]),
    ] {
        let borrowed: Vec<_> = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let mut with = vec![("RUST_LOG", "trace")];
        with.extend(borrowed);
        let told = tokio::task::block_in_place(|| {
            outcome(
                command(&["findings", "--graph", "neo4j"], &with)
                    .output()
                    .unwrap(),
            )
        });
        assert_ne!(told.code, 0, "{told:?}");
        assert_hidden("findings", &format!("{}\n{}", told.stdout, told.stderr));
    }
    // With the right password, at the finest level of logs, which is the server's own.
    let mut with = vec![("RUST_LOG", "trace")];
    with.extend(right);
    let told = tokio::task::block_in_place(|| {
        outcome(
            command(&["findings", "--graph", "neo4j"], &with)
                .output()
                .unwrap(),
        )
    });
    assert_eq!(told.code, 0, "{told:?}");
    for form in forms(&shared.settings.password) {
        assert!(!told.stderr.contains(&form), "{form}: {}", told.stderr);
    }
}
