//! Where a login goes, and where it does not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::time::Duration;

use polar_registry::{Login, Registry, RegistryOptions};
use polar_source::{HttpOptions, Outcome, Secret, Sink, SourceError};
use polar_testkit::{Answer, Asked, Certificates, FakeServer};
use serde_json::json;

const SECRET: &str = "open-sesame-6711";
/// `me:open-sesame-6711`.
const PAIR: &str = "bWU6b3Blbi1zZXNhbWUtNjcxMQ==";

fn password() -> Login {
    Login::Password {
        user: "me".to_owned(),
        password: Secret::new(SECRET),
    }
}

/// Reads the catalogue of a registry.
async fn read(
    server: &FakeServer,
    login: Login,
    certificates: Option<&Certificates>,
) -> (Result<Outcome, SourceError>, String) {
    let registry = Registry::new(RegistryOptions {
        login,
        plain_http: certificates.is_none(),
        http: HttpOptions {
            ca_certificate: certificates.map(|found| found.path("ca.pem")),
            attempts: 2,
            first_wait: Duration::from_millis(1),
            ..HttpOptions::default()
        },
        ..RegistryOptions::new(&server.host)
    })
    .unwrap();
    let (outcome, observations, problems) =
        Sink::collect(async |sink| registry.observe(sink).await).await;
    let told = format!("{outcome:?} {observations:?} {problems:?}");
    for secret in [SECRET, PAIR, "token-6712"] {
        assert!(!told.contains(secret), "{told}");
    }
    (outcome, told)
}

/// Whether a login, in any of its forms, is in a request.
fn holds_login(asked: &Asked) -> bool {
    let told = format!("{asked:?}");
    [SECRET, PAIR].iter().any(|secret| told.contains(secret))
}

/// Gives a token to whoever asks.
async fn authority() -> FakeServer {
    FakeServer::start(|_| Answer::json(&json!({"token": "token-6712"}))).await
}

/// A registry that wants a token from a realm, and has no repositories.
fn wanting(realm: String) -> impl Fn(&Asked) -> Answer + Send + Sync + 'static {
    move |asked| {
        let token = asked.headers.get("authorization").map(String::as_str);
        if token == Some("Bearer token-6712") {
            return Answer::json(&json!({"repositories": []}));
        }
        let challenge = format!("Bearer realm=\"{realm}\",service=\"s\",scope=\"x\"");
        Answer::status(401).header("www-authenticate", challenge)
    }
}

#[tokio::test]
async fn a_registry_says_where_to_log_in() {
    let authority = authority().await;
    let server = FakeServer::start(wanting(format!("{}/token", authority.url))).await;
    let (outcome, _) = read(&server, password(), None).await;
    assert!(outcome.unwrap().complete);
    let [asked] = authority.asked().try_into().unwrap();
    assert_eq!(asked.headers["authorization"], format!("Basic {PAIR}"));
    assert!(!server.asked().iter().any(holds_login));
    // A login in the realm's address is not sent instead, or beside.
    authority.reset();
    let realm = format!("http://he:hunter2@{}/token", authority.host);
    let server = FakeServer::start(wanting(realm)).await;
    assert!(read(&server, password(), None).await.0.unwrap().complete);
    let [asked] = authority.asked().try_into().unwrap();
    assert_eq!(asked.headers["authorization"], format!("Basic {PAIR}"));
}

/// As with CVE-2020-15157: what a registry redirects to must not ask for its login.
#[tokio::test]
async fn who_is_redirected_to_does_not_say_where_to_log_in() {
    let thief = authority().await;
    for challenge in [
        format!("Bearer realm=\"{}/token\",service=\"s\"", thief.url),
        "Basic realm=\"s\"".to_owned(),
    ] {
        let store = FakeServer::start(move |_| {
            Answer::status(401).header("www-authenticate", challenge.clone())
        })
        .await;
        let to = format!("{}/blob", store.url);
        let server =
            FakeServer::start(move |_| Answer::status(307).header("location", to.clone())).await;
        let (outcome, told) = read(&server, password(), None).await;
        assert!(outcome.is_err());
        assert!(told.contains("where no login is sent to"), "{told}");
        assert_eq!(thief.asked().len(), 0);
        assert_eq!(store.asked().len(), 1);
        assert!(!store.asked().iter().chain(&server.asked()).any(holds_login));
    }
}

#[tokio::test]
async fn a_login_is_not_sent_in_plain_text_where_the_registry_speaks_tls() {
    let certificates = Certificates::new();
    let authority = authority().await;
    let realm = format!("{}/token", authority.url);
    let server = FakeServer::start_tls(&certificates, wanting(realm)).await;
    for login in [
        password(),
        Login::Identity(Secret::new(SECRET)),
        Login::Anonymous,
    ] {
        let (outcome, told) = read(&server, login, Some(&certificates)).await;
        assert!(outcome.is_err());
        assert!(told.contains("in plain text, which is not sent"), "{told}");
    }
    assert_eq!(authority.asked().len(), 0);
}

#[tokio::test]
async fn a_token_of_entra_id_stays_with_its_registry() {
    let authority = authority().await;
    let server = FakeServer::start(wanting(format!("{}/token", authority.url))).await;
    let (outcome, told) = read(&server, Login::EntraId(Secret::new(SECRET)), None).await;
    assert!(outcome.is_err());
    assert!(told.contains("as no ACR does"), "{told}");
    assert_eq!(authority.asked().len(), 0);
    assert!(!server.asked().iter().any(holds_login));
}

/// Else what is on that page would be taken for gone.
#[tokio::test]
async fn a_page_elsewhere_is_not_asked_and_not_taken_for_the_last() {
    let other = authority().await;
    let link = format!("<{}/v2/_catalog?n=1>; rel=\"next\"", other.url);
    let server = FakeServer::start(move |_| {
        Answer::json(&json!({"repositories": []})).header("link", link.clone())
    })
    .await;
    let (outcome, told) = read(&server, password(), None).await;
    assert!(outcome.is_err());
    assert!(told.contains("which is not asked"), "{told}");
    assert!(!told.contains("SourceComplete"), "{told}");
    assert_eq!(other.asked().len(), 0);
}
