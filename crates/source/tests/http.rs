//! Requests over real HTTP, with what can go wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::Duration;

use polar_source::{Credentials, Http, HttpOptions, Reply, Request, Secret, SourceError, header};
use polar_testkit::{Answer, Certificates, FakeServer, Fault, Network, Proxy, Way};
use serde_json::json;

fn options() -> HttpOptions {
    HttpOptions {
        timeout: Duration::from_millis(1_500),
        attempts: 3,
        first_wait: Duration::from_millis(1),
        longest_wait: Duration::from_secs(2),
        largest_body: 1000,
        ..HttpOptions::default()
    }
}

fn request(url: &str) -> Request {
    let token = Credentials {
        name: header::AUTHORIZATION,
        value: Secret::new("Bearer hunter2"),
    };
    Request::get(url.parse().unwrap()).with(Some(token))
}

async fn fetch(url: &str) -> Result<Reply, SourceError> {
    let http = Http::new(options()).unwrap();
    let reply = http
        .fetch(&request(&format!("{url}/a?token=hunter2")))
        .await;
    if let Err(error) = &reply {
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
    reply
}

async fn healthy() -> FakeServer {
    FakeServer::start(|_| Answer::json(&json!({"fine": true}))).await
}

#[tokio::test]
async fn what_may_pass_is_asked_again() {
    let server = healthy().await;
    let wait = Answer::status(429).header("retry-after", "0");
    for fault in [
        Fault::status(500),
        Fault::status(503),
        Fault::Instead(wait),
        Fault::Reset,
        Fault::Truncated,
        Fault::Slow(Duration::from_millis(2_500)),
    ] {
        server.reset();
        server.fail(0, fault.clone());
        let reply = fetch(&server.url).await.unwrap();
        assert_eq!(reply.json::<serde_json::Value>().unwrap()["fine"], true);
        assert_eq!(server.asked().len(), 2, "{fault:?}");
    }
}

#[tokio::test]
async fn what_never_passes_is_told_in_one_line() {
    let server = healthy().await;
    let place = format!("{}/a", server.url);
    for (fault, asked, said) in [
        (Fault::status(500), 3, "500"),
        (
            Fault::status(401),
            1,
            "401: the credentials are missing, wrong or expired",
        ),
        (Fault::status(404), 1, "404: not there"),
        (Fault::Reset, 3, "no answer: "),
        (Fault::Truncated, 3, "no answer: "),
        (
            Fault::Slow(Duration::from_millis(2_500)),
            3,
            "no answer: timed out",
        ),
    ] {
        server.reset();
        server.fail_from(0, fault.clone());
        let error = fetch(&server.url).await.unwrap_err().to_string();
        assert!(error.starts_with(&place), "{error}");
        assert!(error.contains(said), "{error}");
        assert_eq!(server.asked().len(), asked, "{fault:?}");
    }
    let error = fetch("http://127.0.0.1:1").await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1:1/a: no answer: "), "{error}");
    assert!(error.contains("onnect"), "{error}");
}

/// A body that keeps coming, but would take longer than an answer may; and one that stops.
#[tokio::test]
async fn an_answer_that_does_not_end_is_given_up() {
    let server = FakeServer::start(|_| Answer::bytes("x/y", vec![b'a'; 1000])).await;
    let port = server.host.rsplit_once(':').unwrap().1.parse().unwrap();
    let proxy = Proxy::start(port).await;
    let url = format!("http://{}", proxy.address());
    let trickle = Network::Trickle(Way::Back, 8, Duration::from_millis(20));
    for network in [
        Network::Stalled,
        Network::StalledFrom(Way::Back, 300),
        trickle,
    ] {
        server.reset();
        proxy.set(network);
        let fetching = tokio::time::timeout(Duration::from_secs(60), fetch(&url)).await;
        let error = fetching.expect("it hangs").unwrap_err().to_string();
        assert!(
            error.contains("no answer: timed out"),
            "{network:?}: {error}"
        );
        // Each time asked again, as for whatever may pass.
        let asked = if network == Network::Stalled { 0 } else { 3 };
        assert_eq!(server.asked().len(), asked, "{network:?}");
        proxy.set(Network::Fine);
        assert_eq!(fetch(&url).await.unwrap().body.len(), 1000);
    }
    // The network comes back while it is tried again.
    proxy.set(Network::StalledFrom(Way::Back, 300));
    let healing = async {
        while proxy.passed(Way::Back) < 300 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(options().timeout * 4 / 3).await;
        proxy.set(Network::Fine);
    };
    let (reply, ()) = tokio::join!(fetch(&url), healing);
    assert_eq!(reply.unwrap().body.len(), 1000);
}

#[tokio::test]
async fn more_patience_than_allowed_is_not_had() {
    let server = healthy().await;
    let wait = Answer::status(429).header("retry-after", "3600");
    server.fail_from(0, Fault::Instead(wait));
    let error = fetch(&server.url).await.unwrap_err().to_string();
    assert!(error.contains("429: too many requests"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn a_page_for_people_is_no_json() {
    let server = healthy().await;
    server.fail(0, Fault::html());
    let reply = fetch(&server.url).await.unwrap();
    let error = reply.json::<serde_json::Value>().unwrap_err().to_string();
    assert!(error.contains("unreadable answer"), "{error}");
    assert!(error.contains("text/html"), "{error}");
}

#[tokio::test]
async fn a_body_beyond_its_bound_is_not_read() {
    let server = FakeServer::start(|_| Answer::bytes("x/y", vec![b'a'; 1001])).await;
    let error = fetch(&server.url).await.unwrap_err().to_string();
    assert!(error.contains("more than 1000 bytes"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn credentials_go_to_their_own_host_only() {
    let other = healthy().await;
    let elsewhere = format!("{}/blob", other.url);
    let server = FakeServer::start(move |asked| match asked.path.as_str() {
        "/a" => Answer::status(307).header("location", "/b"),
        "/b" => Answer::status(302).header("location", &elsewhere),
        _ => Answer::status(404),
    })
    .await;
    fetch(&server.url).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked.len(), 2);
    assert!(
        asked
            .iter()
            .all(|asked| asked.headers["authorization"] == "Bearer hunter2")
    );
    let [asked] = other.asked().try_into().unwrap();
    assert_eq!(asked.path, "/blob");
    assert!(!asked.headers.contains_key("authorization"), "{asked:?}");
    assert!(!asked.headers.contains_key("referer"), "{asked:?}");
}

#[tokio::test]
async fn redirects_end() {
    let server = FakeServer::start(|_| Answer::status(302).header("location", "/a")).await;
    let error = fetch(&server.url).await.unwrap_err().to_string();
    assert!(error.contains("more than 5 redirects"), "{error}");
}

#[tokio::test]
async fn tls_is_verified() {
    let certificates = Certificates::new();
    let server = FakeServer::start_tls(&certificates, |_| Answer::json(&json!({}))).await;
    let with = |name: Option<&str>| {
        let ca_certificate = name.map(|name| certificates.path(name));
        let options = HttpOptions {
            ca_certificate,
            ..options()
        };
        Http::new(options).unwrap()
    };
    let request = request(&server.url);
    assert!(with(Some("ca.pem")).fetch(&request).await.is_ok());
    for wrong in [None, Some("other-ca.pem")] {
        let error = with(wrong).fetch(&request).await.unwrap_err().to_string();
        assert!(error.contains("certificate"), "{error}");
    }
    assert_eq!(server.asked().len(), 1);
    // Plain text where TLS is asked for.
    let plain = healthy().await;
    let url = plain.url.replace("http:", "https:");
    let error = fetch(&url).await.unwrap_err().to_string();
    assert!(error.contains("no answer"), "{error}");
    assert_eq!(plain.asked().len(), 0);
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_wrong_setting() {
    let folder = std::env::temp_dir();
    for (path, said) in [
        (folder.join("polar-no-such-file.pem"), "No such file"),
        ("/dev/null".into(), "no certificate"),
    ] {
        let options = HttpOptions {
            ca_certificate: Some(path),
            ..options()
        };
        let error = Http::new(options).unwrap_err();
        assert!(matches!(error, SourceError::Settings(_)));
        let error = error.to_string();
        assert!(
            error.contains("PROXY_CA_CERT") && error.contains(said),
            "{error}"
        );
    }
}
