//! Requests over real HTTP, with what can go wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::Duration;

use polar_source::{
    Credentials, Http, HttpOptions, Method, Reply, Request, Secret, SourceError, header,
};
use polar_testkit::{Answer, Asked, Certificates, FakeServer, Fault, Network, Proxy, Way};
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

/// Nothing is asked to be compressed, and what is all the same is not unpacked: a small body stays
/// small.
#[tokio::test]
async fn a_compressed_body_is_not_unpacked() {
    // The beginning of ten megabytes of zeros in gzip.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xec\xc1\x01\x0d".to_vec();
    let sent = packed.clone();
    for name in ["gzip", "deflate", "br", "zstd"] {
        let sent = sent.clone();
        let server = FakeServer::start(move |_| {
            Answer::bytes("application/json", sent.clone()).header("content-encoding", name)
        })
        .await;
        let reply = fetch(&server.url).await.unwrap();
        assert_eq!(reply.body, packed);
        assert!(reply.json::<serde_json::Value>().is_err());
        let [asked] = server.asked().try_into().unwrap();
        assert!(!asked.headers.contains_key("accept-encoding"), "{asked:?}");
    }
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

/// What a request with a token and a form is, after each kind of redirect.
#[tokio::test]
async fn redirects_take_nothing_elsewhere() {
    let certificates = Certificates::new();
    let fine = |_: &Asked| Answer::json(&json!({"fine": true}));
    let other = FakeServer::start(fine).await;
    let other_tls = FakeServer::start_tls(&certificates, fine).await;
    let port = other.host.rsplit(':').next().unwrap();
    for (to, server) in [
        (format!("{}/b", other.url), &other),
        (format!("http://localhost:{port}/b"), &other),
        (format!("http://hunter:hunter3@127.0.0.1:{port}/b"), &other),
        (format!("//127.0.0.1:{port}/b"), &other),
        (format!("{}/b", other_tls.url), &other_tls),
    ] {
        for status in [301, 302, 303, 307, 308] {
            server.reset();
            let to = to.clone();
            let first =
                FakeServer::start(move |_| Answer::status(status).header("location", to.clone()))
                    .await;
            let options = HttpOptions {
                ca_certificate: Some(certificates.path("ca.pem")),
                ..options()
            };
            let mut request = request(&first.url);
            request.method = Method::POST;
            request.form = vec![("refresh_token", Secret::new("hunter2"))];
            let reply = Http::new(options).unwrap().fetch(&request).await.unwrap();
            assert_eq!(reply.url.path(), "/b");
            let [asked] = server.asked().try_into().unwrap();
            assert!(
                !format!("{asked:?}").contains("hunter"),
                "{status}: {asked:?}"
            );
            assert!(!asked.headers.contains_key("authorization"), "{asked:?}");
            let kept = matches!(status, 307 | 308);
            assert_eq!(asked.method, if kept { "POST" } else { "GET" }, "{status}");
        }
    }
}

#[tokio::test]
async fn redirects_at_home_take_the_form_along_where_it_is_to_be_repeated() {
    for (status, method) in [(302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let server = FakeServer::start(move |asked| match asked.path.as_str() {
            "/b" => Answer::json(&json!({})),
            // A login in it is not sent, and does not stand beside the token.
            _ => {
                let host = &asked.headers["host"];
                let to = format!("http://me:hunter3@{host}/b");
                Answer::status(status).header("location", to)
            }
        })
        .await;
        let mut request = request(&server.url);
        request.method = Method::POST;
        request.form = vec![("refresh_token", Secret::new("hunter2"))];
        let http = Http::new(options()).unwrap();
        http.fetch(&request).await.unwrap();
        let [_, asked] = server.asked().try_into().unwrap();
        assert_eq!(asked.method, method);
        assert_eq!(
            asked.body.contains("hunter2"),
            method == "POST",
            "{asked:?}"
        );
        assert_eq!(asked.headers["authorization"], "Bearer hunter2");
    }
}

#[tokio::test]
async fn redirects_that_are_not_followed() {
    let certificates = Certificates::new();
    let plain = healthy().await;
    for (to, said) in [
        (plain.url.clone(), "from https to plain text"),
        ("ftp://127.0.0.1/a".to_owned(), "from https to plain text"),
        ("file:///etc/passwd".to_owned(), "from https to plain text"),
        ("https://".to_owned(), "redirect to no address"),
    ] {
        let server = FakeServer::start_tls(&certificates, move |_| {
            Answer::status(302).header("location", to.clone())
        })
        .await;
        let options = HttpOptions {
            ca_certificate: Some(certificates.path("ca.pem")),
            ..options()
        };
        let http = Http::new(options).unwrap();
        let error = http.fetch(&request(&server.url)).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
        assert_eq!(server.asked().len(), 1);
    }
    assert_eq!(plain.asked().len(), 0);
    let server = FakeServer::start(|_| Answer::status(302).header("location", "file:///a")).await;
    let error = fetch(&server.url).await.unwrap_err().to_string();
    assert!(error.contains("something else than http"), "{error}");
}

#[tokio::test]
async fn redirects_end() {
    let server = FakeServer::start(|_| Answer::status(302).header("location", "/a")).await;
    let error = fetch(&server.url).await.unwrap_err().to_string();
    assert!(error.contains("more than 5 redirects"), "{error}");
}
