//! What a user sees when the graph is out of reach: one clear line, and an exit code.

use crate::common::{Outcome, polar};
use polar_testkit::{Certificates, ServerOptions, SharedNeo4j, TestServer};

fn reconcile(variables: &[(&str, &str)]) -> Outcome {
    polar(&["reconcile", "--graph", "neo4j"], variables)
}

fn check(variables: &[(&str, &str)], code: i32, says: &[&str]) {
    let outcome = reconcile(variables);
    assert_eq!(outcome.code, code, "{outcome:?}");
    assert_eq!(
        outcome.stderr.trim_end().lines().count(),
        1,
        "one line: {outcome:?}"
    );
    assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
    for text in says {
        assert!(outcome.stderr.contains(text), "no `{text}` in {outcome:?}");
    }
    assert!(!outcome.stderr.contains("hunter2"), "{outcome:?}");
    assert_eq!(outcome.stdout, "");
}

#[test]
fn wrong_password() {
    let shared = SharedNeo4j::take();
    let settings = &shared.settings;
    check(
        &[
            ("GRAPH_ENDPOINT", &settings.endpoint),
            ("GRAPH_USER", &settings.user),
            ("GRAPH_PASSWORD", "hunter2"),
        ],
        3,
        &["refuses user `neo4j`", &settings.endpoint],
    );
}

#[test]
fn no_server() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("bolt://{}", free.local_addr().unwrap());
    drop(free);
    let base = [
        ("GRAPH_ENDPOINT", endpoint.as_str()),
        ("GRAPH_USER", "neo4j"),
        ("GRAPH_PASSWORD", "hunter2"),
    ];
    check(
        &base,
        3,
        &["cannot reach the graph at", &endpoint, "refused"],
    );
    let nowhere = [
        ("GRAPH_ENDPOINT", "bolt://graph.invalid:7687"),
        base[1],
        base[2],
    ];
    check(
        &nowhere,
        3,
        &["cannot reach the graph at bolt://graph.invalid:7687"],
    );
}

#[test]
fn a_server_that_is_no_neo4j() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("bolt://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            drop(std::io::Write::write_all(
                &mut { stream },
                b"HTTP/1.1 400 Bad Request\r\n\r\n",
            ));
        }
    });
    check(
        &[
            ("GRAPH_ENDPOINT", &endpoint),
            ("GRAPH_USER", "neo4j"),
            ("GRAPH_PASSWORD", "hunter2"),
        ],
        3,
        &[&endpoint],
    );
}

#[test]
fn settings_that_do_not_go_together() {
    let base = [
        ("GRAPH_ENDPOINT", "bolt://127.0.0.1:1"),
        ("GRAPH_USER", "neo4j"),
        ("GRAPH_PASSWORD", "hunter2"),
    ];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<_> {
        base.iter().chain(more).copied().collect()
    };
    let half = with(&[
        ("GRAPH_CLIENT_CERT", "/c.pem"),
        ("GRAPH_CA_CERT", "/ca.pem"),
    ]);
    check(
        &half,
        2,
        &[
            "missing: GRAPH_CLIENT_KEY",
            "set: GRAPH_CA_CERT, GRAPH_CLIENT_CERT",
        ],
    );
    let unreadable = with(&[("GRAPH_CA_CERT", "/no/such/ca.pem")]);
    check(
        &unreadable,
        2,
        &["GRAPH_CA_CERT", "/no/such/ca.pem", "No such file"],
    );
    check(&base[..2], 2, &["GRAPH_PASSWORD is not set"]);
    let http = [("GRAPH_ENDPOINT", "http://h:7474"), base[1], base[2]];
    check(&http, 2, &["GRAPH_ENDPOINT", "bolt://HOST:PORT"]);
}

#[test]
fn tls() {
    let certificates = Certificates::new();
    let server = TestServer::start(ServerOptions {
        conf: certificates.server_conf(true),
        ..ServerOptions::default()
    });
    let path = |name: &str| certificates.path(name).display().to_string();
    let (ca, other) = (path("ca.pem"), path("other-ca.pem"));
    let (cert, key) = (path("client.pem"), path("client.key"));
    let endpoint = server.endpoint();
    let base = [
        ("GRAPH_ENDPOINT", endpoint.as_str()),
        ("GRAPH_USER", "neo4j"),
        ("GRAPH_PASSWORD", server.password()),
    ];
    let with = |more: &[(&'static str, &str)]| {
        let more = more
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let base = base
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        base.chain(more).collect::<Vec<_>>()
    };
    let run = |more: &[(&'static str, &str)]| {
        let owned = with(more);
        let borrowed: Vec<_> = owned
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        reconcile(&borrowed)
    };
    let client = [
        ("GRAPH_CLIENT_CERT", cert.as_str()),
        ("GRAPH_CLIENT_KEY", key.as_str()),
    ];
    let mutual = run(&[("GRAPH_CA_CERT", &ca), client[0], client[1]]);
    assert_eq!(mutual.code, 0, "{mutual:?}");
    for (what, outcome) in [
        (
            "wrong authority",
            run(&[("GRAPH_CA_CERT", &other), client[0], client[1]]),
        ),
        ("no client certificate", run(&[("GRAPH_CA_CERT", &ca)])),
        ("no TLS", run(&[])),
    ] {
        assert_eq!(outcome.code, 3, "{what}: {outcome:?}");
        assert_eq!(
            outcome.stderr.trim_end().lines().count(),
            1,
            "{what}: {outcome:?}"
        );
        assert!(outcome.stderr.contains(&endpoint), "{what}: {outcome:?}");
    }
    let wrong = run(&[("GRAPH_CA_CERT", &other), client[0], client[1]]);
    assert!(wrong.stderr.contains("TLS"), "{wrong:?}");
}

#[test]
fn tls_with_a_server_that_has_none() {
    let certificates = Certificates::new();
    let shared = SharedNeo4j::take();
    check(
        &[
            ("GRAPH_ENDPOINT", &shared.settings.endpoint),
            ("GRAPH_USER", &shared.settings.user),
            ("GRAPH_PASSWORD", &shared.settings.password),
            (
                "GRAPH_CA_CERT",
                &certificates.path("ca.pem").display().to_string(),
            ),
        ],
        3,
        &[&shared.settings.endpoint],
    );
}
