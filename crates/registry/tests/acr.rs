//! An ACR as its documents describe it, and what can go wrong with each of its answers.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::{sync::Arc, time::Duration};

use polar_model::Observation;
use polar_registry::{Login, Registry, RegistryOptions};
use polar_source::{HttpOptions, Outcome, Problem, Secret, Sink, SourceError};
use polar_testkit::{
    Answer, Asked, FakeServer, Fault,
    oci::{self, Blob, Image},
};
use serde_json::{Value, json};

const ENTRA: &str = "entra-token-4711";
const REFRESH: &str = "refresh-token-4712";

/// Two repositories: one with an index of one platform, signed, and a tag a page; one with an image.
struct Acr {
    blobs: Vec<Blob>,
    index: Blob,
    single: Image,
    signature: Image,
}

impl Acr {
    fn new() -> Self {
        let amd64 = Image::linux("amd64", &json!(null));
        let single = Image::linux("arm64", &json!({"a": "b"}));
        let index = oci::index(&[(&amd64, "amd64")]);
        let signature = oci::cosign_signature(&index.digest, "shop/checkout");
        let mut blobs = vec![index.clone()];
        for image in [&amd64, &single, &signature] {
            blobs.push(image.manifest.clone());
            blobs.extend(image.blobs.iter().cloned());
        }
        Self {
            blobs,
            index,
            single,
            signature,
        }
    }

    fn answer(&self, asked: &Asked) -> Answer {
        let parts: Vec<_> = asked.path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["oauth2", "exchange"] => {
                assert!(asked.body.contains("grant_type=access_token"), "{asked:?}");
                assert!(asked.body.contains(ENTRA));
                Answer::json(&json!({"refresh_token": REFRESH}))
            }
            ["oauth2", "token"] => {
                assert!(asked.body.contains(REFRESH), "{asked:?}");
                Answer::json(&json!({"access_token": "access-token-4713"}))
            }
            _ if !asked.headers.contains_key("authorization") => {
                let host = &asked.headers["host"];
                let scope = match parts.as_slice() {
                    [_, "v1", "_catalog"] => "registry:catalog:*",
                    _ => "repository:some:metadata_read",
                };
                let challenge = format!(
                    "Bearer realm=\"http://{host}/oauth2/token\",service=\"{host}\",scope=\"{scope}\""
                );
                Answer::status(401).header("www-authenticate", challenge)
            }
            ["acr", "v1", "_catalog"] => catalogue(asked),
            ["acr", "v1", "shop", "checkout", "_tags"] => self.checkout_tags(asked),
            ["acr", "v1", "shop", "payments", "_tags"] => {
                let tags = [tag(
                    "2.8.1",
                    &self.single.manifest.digest,
                    "2026-11-03T10:00:21.1Z",
                )];
                Answer::json(&json!({"imageName": "shop/payments", "tags": tags}))
            }
            ["v2", "shop", _, "referrers", digest] => {
                let mut manifests = Vec::new();
                if *digest == self.index.digest {
                    let mut descriptor = self.signature.manifest.descriptor();
                    descriptor["artifactType"] =
                        "application/vnd.dev.cosign.artifact.sig.v1+json".into();
                    manifests.push(descriptor);
                }
                Answer::json(
                    &json!({"schemaVersion": 2, "mediaType": oci::INDEX, "manifests": manifests}),
                )
            }
            ["v2", "shop", _, "manifests" | "blobs", digest] => {
                match self.blobs.iter().find(|blob| blob.digest == *digest) {
                    Some(blob) => Answer::bytes(&blob.media_type, blob.bytes.clone())
                        .header("docker-content-digest", &blob.digest),
                    None => Answer::status(404),
                }
            }
            _ => Answer::status(404),
        }
    }

    fn checkout_tags(&self, asked: &Asked) -> Answer {
        let tags = |name, time| {
            let tags = [tag(name, &self.index.digest, time)];
            Answer::json(&json!({"registry": "r", "imageName": "shop/checkout", "tags": tags}))
        };
        if asked.param("last") == "1.4.0" {
            return tags("latest", "2026-10-06T05:00:00.0856539Z");
        }
        let next = "</acr/v1/shop/checkout/_tags?last=1.4.0&n=1&orderby=>; rel=\"next\"";
        tags("1.4.0", "2026-10-05T13:24:41.0856539Z").header("link", next)
    }
}

fn catalogue(asked: &Asked) -> Answer {
    if asked.param("last") == "shop/checkout" {
        return Answer::json(&json!({"repositories": ["shop/payments"]}));
    }
    Answer::json(&json!({"repositories": ["shop/checkout"]})).header(
        "link",
        "</acr/v1/_catalog?last=shop%2Fcheckout&n=1>; rel=\"next\"",
    )
}

fn tag(name: &str, digest: &str, time: &str) -> Value {
    json!({"name": name, "digest": digest, "createdTime": "2020-01-01T00:00:00.1Z",
           "lastUpdateTime": time, "signed": false,
           "changeableAttributes": {"deleteEnabled": true, "listEnabled": true}})
}

struct Read {
    outcome: Result<Outcome, SourceError>,
    observations: Vec<Observation>,
    problems: Vec<Problem>,
}

impl Read {
    fn of(&self, name: &str) -> Vec<String> {
        let mut found: Vec<_> = self
            .observations
            .iter()
            .filter(|observation| observation.type_name() == name)
            .map(|observation| {
                let mut value = serde_json::to_value(observation).unwrap();
                for time in ["seen_at", "started_at", "complete_at"] {
                    value.as_object_mut().unwrap().remove(time);
                }
                value.to_string()
            })
            .collect();
        found.sort();
        found
    }

    fn all(&self) -> Vec<Vec<String>> {
        let names = Observation::TYPES.iter();
        names.map(|name| self.of(name)).collect()
    }

    fn is_complete(&self, scope: &str) -> bool {
        let wanted = format!("\"{scope}\"");
        self.of("source_complete")
            .iter()
            .any(|line| line.contains(&wanted))
    }

    fn assert_no_secret(&self) {
        let shown = format!(
            "{:?} {:?} {:?}",
            self.outcome, self.observations, self.problems
        );
        for secret in [ENTRA, REFRESH, "access-token-4713"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

async fn read(server: &FakeServer) -> Read {
    let registry = Registry::new(RegistryOptions {
        login: Login::EntraId(Secret::new(ENTRA)),
        plain_http: true,
        is_acr: Some(true),
        // One after the other, so that the number of a request says which it is.
        parallel: 1,
        http: HttpOptions {
            attempts: 2,
            timeout: Duration::from_millis(1_500),
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_secs(2),
            ..HttpOptions::default()
        },
        ..RegistryOptions::new(&server.host)
    })
    .unwrap();
    let (outcome, observations, problems) =
        Sink::collect(async |sink| registry.observe(sink).await).await;
    let read = Read {
        outcome,
        observations,
        problems,
    };
    read.assert_no_secret();
    read
}

async fn server(acr: &Arc<Acr>) -> FakeServer {
    let acr = Arc::clone(acr);
    FakeServer::start(move |asked| acr.answer(asked)).await
}

#[tokio::test]
async fn tags_with_their_times_after_an_exchange_of_tokens() {
    let acr = Arc::new(Acr::new());
    let server = server(&acr).await;
    let read = read(&server).await;
    assert_eq!(read.problems, []);
    assert_eq!(
        read.outcome,
        Ok(Outcome {
            complete: true,
            problems: 0
        })
    );
    let host = &server.host;
    let image = |repository: &str, tag: &str, digest: &str, time: &str| {
        format!(
            "{{\"digest\":\"{digest}\",\"pushed_at\":\"{time}\",\"registry\":\"{host}\",\
             \"repository\":\"{repository}\",\"tag\":\"{tag}\",\"type\":\"registry_image\"}}"
        )
    };
    let mut wanted = vec![
        image(
            "shop/checkout",
            "1.4.0",
            &acr.index.digest,
            "2026-10-05T13:24:41.0856539Z",
        ),
        image(
            "shop/checkout",
            "latest",
            &acr.index.digest,
            "2026-10-06T05:00:00.0856539Z",
        ),
        image(
            "shop/payments",
            "2.8.1",
            &acr.single.manifest.digest,
            "2026-11-03T10:00:21.1Z",
        ),
    ];
    wanted.sort();
    assert_eq!(read.of("registry_image"), wanted);
    assert_eq!(read.of("image_manifest").len(), 3);
    let [signature] = read.of("artifact").try_into().unwrap();
    assert!(
        signature.contains(&acr.signature.manifest.digest),
        "{signature}"
    );
    assert!(read.is_complete(host));
}

/// How a scope must fare: only what was read wholly may count as complete.
#[tokio::test]
async fn each_answer_can_fail_in_each_way() {
    let acr = Arc::new(Acr::new());
    let server = server(&acr).await;
    let healthy = read(&server).await.all();
    let requests = server.asked().len();
    assert!(requests > 15, "{requests}");
    let wait = Answer::status(429).header("retry-after", "0");
    for number in 0..requests {
        for fault in [
            Fault::status(500),
            Fault::Instead(wait.clone()),
            Fault::Reset,
            Fault::Truncated,
            Fault::Slow(Duration::from_millis(2_500)),
        ] {
            if matches!(fault, Fault::Slow(_)) && number % 5 != 0 {
                continue;
            }
            server.reset();
            server.fail(number, fault.clone());
            let again = read(&server).await;
            assert_eq!(again.problems, [], "{number} {fault:?}");
            assert!(again.all() == healthy, "{number} {fault:?}");
        }
        for fault in [
            Fault::status(500),
            Fault::status(403),
            Fault::html(),
            Fault::Reset,
            Fault::Instead(Answer::bytes(
                "application/json",
                "{\"tags\": 7, \"manifests\": 7, \"repositories\": 7}",
            )),
        ] {
            server.reset();
            server.fail(number, fault.clone());
            server.fail(number + 1, fault.clone());
            let broken = read(&server).await;
            assert!(
                broken.outcome.as_ref().map_or(true, |outcome| {
                    outcome.complete == (broken.all() == healthy)
                        && outcome.complete == broken.problems.is_empty()
                }),
                "{number} {fault:?} {:?} {:?}",
                broken.outcome,
                broken.problems
            );
            let is_whole = broken.all() == healthy;
            assert_eq!(
                broken.is_complete(&server.host),
                is_whole,
                "{number} {fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn bytes_that_do_not_have_their_digest_are_refused() {
    let acr = Arc::new(Acr::new());
    let server = server(&acr).await;
    let clean = read(&server).await;
    let asked = server.asked();
    let config = &acr.single.blobs[0].digest;
    for digest in [&acr.index.digest, config] {
        server.reset();
        let number = asked
            .iter()
            .position(|asked| asked.path.ends_with(digest.as_str()))
            .unwrap();
        let forged = Answer::bytes("application/json", "{\"manifests\": []}");
        server.fail(number, Fault::Instead(forged));
        let read = read(&server).await;
        let [problem] = read.problems.as_slice() else {
            panic!("{:?}", read.problems);
        };
        let said = problem.to_string();
        assert!(said.contains("its bytes do not have the digest"), "{said}");
        assert!(!read.is_complete(&server.host));
        assert!(read.of("registry_image").len() < clean.of("registry_image").len());
    }
}

#[tokio::test]
async fn an_expired_token_is_renewed_and_a_refused_one_ends_the_reading() {
    let acr = Arc::new(Acr::new());
    let server = server(&acr).await;
    read(&server).await;
    let asked = server.asked();
    let expires = asked
        .iter()
        .position(|asked| asked.path.contains("/blobs/"))
        .unwrap();
    server.reset();
    let realm = format!(
        "Bearer realm=\"{}/oauth2/token\",service=\"s\",scope=\"x\"",
        server.url
    );
    let expired = Answer::status(401).header("www-authenticate", realm);
    server.fail(expires, Fault::Instead(expired));
    assert!(read(&server).await.outcome.unwrap().complete);
    server.reset();
    server.fail_from(expires, Fault::status(401));
    let read = read(&server).await;
    let error = read.outcome.as_ref().unwrap_err().to_string();
    assert!(
        error.contains("401: the credentials are missing, wrong or expired"),
        "{error}"
    );
    assert!(!read.is_complete(&server.host));
}
