//! Whom requests trust, and whom they show a certificate to, with servers that speak TLS.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{fs, path::PathBuf, time::Duration};

use polar_source::{
    ClientCertificate, Credentials, Http, HttpOptions, Request, Secret, SourceError, header,
};
use polar_testkit::{Answer, Certificates, FakeServer, Front, Speaks};
use serde_json::json;

fn options(certificates: &Certificates, ca: &str) -> HttpOptions {
    HttpOptions {
        ca_certificate: Some(certificates.path(ca)),
        attempts: 2,
        first_wait: Duration::from_millis(1),
        ..HttpOptions::default()
    }
}

fn shown(certificates: &Certificates, name: &str) -> Option<ClientCertificate> {
    Some(ClientCertificate {
        certificate: certificates.path(&format!("{name}.pem")),
        key: certificates.path(&format!("{name}.key")),
    })
}

async fn fetch(options: HttpOptions, front: &Front) -> Result<(), String> {
    let token = Credentials {
        name: header::AUTHORIZATION,
        value: Secret::new("Bearer hunter2"),
    };
    let url = format!("https://{}/secret-path", front.host)
        .parse()
        .unwrap();
    let request = Request::get(url).with(Some(token));
    let reply = Http::new(options).unwrap().fetch(&request).await;
    let wire = String::from_utf8_lossy(&front.wire()).into_owned();
    for text in ["hunter2", "secret-path", "GET "] {
        assert!(!wire.contains(text), "in plain text: {wire}");
    }
    reply.map(drop).map_err(|error| error.to_string())
}

async fn healthy() -> FakeServer {
    FakeServer::start(|_| Answer::json(&json!({}))).await
}

#[tokio::test]
async fn a_server_is_verified_before_anything_is_said() {
    let certificates = Certificates::new();
    let server = healthy().await;
    for (speaks, ca, said) in [
        (Speaks::Tls("server"), "ca.pem", None),
        (Speaks::Tls("expired"), "ca.pem", Some("expired")),
        (
            Speaks::Tls("elsewhere"),
            "ca.pem",
            Some("not valid for name"),
        ),
        (Speaks::Tls("stranger"), "ca.pem", Some("UnknownIssuer")),
        (Speaks::Tls("server"), "other-ca.pem", Some("UnknownIssuer")),
        (Speaks::Plain, "ca.pem", Some("it does not speak TLS")),
    ] {
        server.reset();
        let front = Front::before(&server.host, &certificates, speaks).await;
        let outcome = fetch(options(&certificates, ca), &front).await;
        match said {
            None => {
                outcome.unwrap();
                let inside = String::from_utf8(front.inside()).unwrap();
                assert!(inside.contains("Bearer hunter2"), "{inside}");
            }
            Some(said) => {
                let error = outcome.unwrap_err();
                assert!(error.contains(said), "{speaks:?}: {error}");
                // A server without TLS is sent a greeting, which is all there is to see.
                let plain = speaks == Speaks::Plain;
                assert!(plain || front.inside().is_empty(), "{speaks:?}");
                assert_eq!(server.asked().len(), 0, "{speaks:?}");
            }
        }
    }
    // The system's authorities do not vouch for it either.
    let front = Front::before(&server.host, &certificates, Speaks::Tls("server")).await;
    let system = HttpOptions {
        ca_certificate: None,
        ..options(&certificates, "ca.pem")
    };
    let error = fetch(system, &front).await.unwrap_err();
    assert!(error.contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_a_server_that_asks() {
    let certificates = Certificates::new();
    let server = healthy().await;
    let front = Front::before(&server.host, &certificates, Speaks::Mutual).await;
    for (name, is_let_in) in [
        (Some("client"), true),
        (None, false),
        (Some("other-client"), false),
    ] {
        server.reset();
        let options = HttpOptions {
            client_certificate: name.and_then(|name| shown(&certificates, name)),
            ..options(&certificates, "ca.pem")
        };
        let outcome = fetch(options, &front).await;
        assert_eq!(outcome.is_ok(), is_let_in, "{name:?}: {outcome:?}");
        assert_eq!(server.asked().len(), usize::from(is_let_in), "{name:?}");
        if let Err(error) = outcome {
            assert!(error.contains("no answer"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_client_certificate_goes_to_its_own_host_only() {
    let certificates = Certificates::new();
    let other = healthy().await;
    let elsewhere = Front::before(&other.host, &certificates, Speaks::Mutual).await;
    let to = format!("https://{}/blob", elsewhere.host);
    let server =
        FakeServer::start(move |_| Answer::status(307).header("location", to.clone())).await;
    let front = Front::before(&server.host, &certificates, Speaks::Mutual).await;
    let options = HttpOptions {
        client_certificate: shown(&certificates, "client"),
        ..options(&certificates, "ca.pem")
    };
    let error = fetch(options, &front).await.unwrap_err();
    assert!(error.contains(&elsewhere.host), "{error}");
    assert!(!server.asked().is_empty());
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn files_that_cannot_be_used_are_wrong_settings() {
    let certificates = Certificates::new();
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "hunter2").unwrap();
    let missing = folder.path().join("missing.pem");
    let (cert, key) = (
        certificates.path("client.pem"),
        certificates.path("client.key"),
    );
    let other_key = certificates.path("other-client.key");
    let with = |ca: Option<&PathBuf>, shown: Option<(&PathBuf, &PathBuf)>| HttpOptions {
        ca_certificate: ca.cloned(),
        client_certificate: shown.map(|(certificate, key)| ClientCertificate {
            certificate: certificate.clone(),
            key: key.clone(),
        }),
        ..HttpOptions::default()
    };
    for (options, place, said) in [
        (with(Some(&missing), None), "PROXY_CA_CERT", "No such file"),
        (with(Some(&empty), None), "PROXY_CA_CERT", "no certificate"),
        (
            with(None, Some((&missing, &key))),
            "client_cert",
            "No such file",
        ),
        (
            with(None, Some((&empty, &key))),
            "client_cert",
            "no certificate",
        ),
        (
            with(None, Some((&cert, &missing))),
            "client_key",
            "No such file",
        ),
        (
            with(None, Some((&cert, &empty))),
            "client_key",
            "no private key",
        ),
        (
            with(None, Some((&cert, &cert))),
            "client_key",
            "no private key",
        ),
        (with(None, Some((&cert, &other_key))), "no HTTP client", ""),
    ] {
        let error = Http::new(options).unwrap_err();
        assert!(matches!(error, SourceError::Settings(_)), "{error:?}");
        let error = error.to_string();
        assert!(error.contains(place) && error.contains(said), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
