//! Delivering traces over the HTTP client that is there anyway.

use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use anyhow::Context;
use async_trait::async_trait;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use reqwest::{Certificate, Client, Url, redirect};
use tokio::runtime::Handle;

use super::of_traces;

/// How long a delivery may take where nothing is said.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes.
const LARGEST: usize = 64 << 10;

/// A client for spans. The thread that delivers them is none of the runtime's, so the work is handed
/// to the runtime.
#[derive(Debug)]
pub(super) struct Delivery {
    client: Client,
    runtime: Handle,
    fails: AtomicBool,
}

impl Delivery {
    pub(super) fn new() -> anyhow::Result<Self> {
        // Another part of the process may have chosen the same already.
        drop(rustls::crypto::ring::default_provider().install_default());
        let patience = of_traces("TIMEOUT").and_then(|(_, text)| text.parse().ok());
        let mut client = Client::builder()
            .user_agent(concat!("polar-provenance/", env!("CARGO_PKG_VERSION")))
            // Headers may hold a secret, which is for nobody else.
            .redirect(redirect::Policy::none())
            .referer(false)
            .timeout(patience.map_or(PATIENCE, Duration::from_millis));
        if let Some((name, path)) = of_traces("CERTIFICATE") {
            let named = || format!("{name} {path}");
            let pem = fs::read(&path).with_context(named)?;
            let certificates = Certificate::from_pem_bundle(&pem).with_context(named)?;
            client = client.tls_certs_merge(certificates);
        }
        Ok(Self {
            client: client.build().context("no HTTP client for traces")?,
            runtime: Handle::current(),
            fails: AtomicBool::new(false),
        })
    }

    /// Tells when deliveries begin to fail, and when they succeed again; not each of them.
    fn tell(&self, place: &str, wrong: Option<&str>) {
        let failed = self.fails.swap(wrong.is_some(), Ordering::Relaxed);
        match wrong {
            Some(reason) if !failed => tracing::warn!(
                collector = place,
                reason,
                "traces are not delivered; they are dropped until the collector takes them again"
            ),
            None if failed => tracing::info!(collector = place, "traces are delivered again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Delivery {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let place = place(&request);
        let exchange = self.runtime.spawn(exchange(self.client.clone(), request));
        let outcome = match exchange.await {
            Ok(outcome) => outcome,
            Err(error) => Err(error.to_string()),
        };
        let wrong = match &outcome {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(format!("it answers {}", answer.status())),
            Err(reason) => Some(reason.clone()),
        };
        self.tell(&place, wrong.as_deref());
        Ok(outcome?)
    }
}

async fn exchange(client: Client, request: Request<Bytes>) -> Result<Response<Bytes>, String> {
    let (head, body) = request.into_parts();
    let url: Url = head
        .uri
        .to_string()
        .parse()
        .map_err(|_| "its address is none".to_owned())?;
    let building = client.request(head.method, url).headers(head.headers);
    let sent = building.body(body).send().await;
    let mut answer = sent.map_err(|error| reason(&error))?;
    let status = answer.status();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| reason(&error))? {
        if body.len() + chunk.len() > LARGEST {
            return Err(format!("its answer has more than {LARGEST} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    Ok(response)
}

/// Why there is no answer. reqwest's own text names the address, with what may be secret in it; its
/// causes do not.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "timed out".to_owned();
    }
    let mut last = "no answer".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        last = error.to_string();
        cause = error.source();
    }
    last
}

/// An address for people: no login, no query.
fn place(request: &Request<Bytes>) -> String {
    let uri = request.uri();
    let host = uri.host().unwrap_or_default();
    let port = uri.port().map(|port| format!(":{port}"));
    let scheme = uri.scheme_str().unwrap_or_default();
    format!(
        "{scheme}://{host}{}{}",
        port.unwrap_or_default(),
        uri.path()
    )
}
