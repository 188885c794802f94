//! The listener: `/healthz`, `/readyz` and `/metrics` over plain HTTP, to be asked by who is near.
//!
//! Whoever asks can cost little: the number of connections, the size of a request's head and the time
//! of a connection are bounded, one connection gets one answer, and no body is read.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use polar_metrics::CONTENT_TYPE as METRICS;
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

use super::Operation;

/// Connections at a time; further ones are closed at once.
const CONNECTIONS: usize = 64;

/// The largest head of a request, in bytes; hyper takes no less.
const HEAD: usize = 8192;

/// How long a head may take to arrive.
const HEAD_TIME: Duration = Duration::from_secs(5);

/// How long a connection may last, its answer included.
const CONNECTION_TIME: Duration = Duration::from_secs(10);

/// How long to wait after the system could not hand out a connection.
const BREATH: Duration = Duration::from_millis(100);

const TEXT: &str = "text/plain; charset=utf-8";

/// A listener at work; it ends, with its connections, when it is dropped.
pub(crate) struct Listener {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens at an address.
    ///
    /// # Errors
    /// If that is not possible.
    pub(crate) async fn start(address: SocketAddr, about: Arc<Operation>) -> anyhow::Result<Self> {
        let cannot = || {
            format!(
                "cannot listen at {address}; give --listen an address of this machine with a port \
                 that is free, or leave it out"
            )
        };
        let listener = TcpListener::bind(address).await.with_context(cannot)?;
        let address = listener.local_addr().with_context(cannot)?;
        let task = tokio::spawn(serve(listener, about));
        Ok(Self { address, task })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, about: Arc<Operation>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok((stream, _)) if connections.len() < CONNECTIONS => {
                connections.spawn(connection(stream, Arc::clone(&about)));
            }
            Ok(_) => tracing::debug!("more than {CONNECTIONS} connections; closed one"),
            Err(error) => {
                tracing::debug!(%error, "no connection");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, about: Arc<Operation>) {
    let service = service_fn(|request| answer(request, &about));
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(CONNECTION_TIME, serving).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection to the listener failed"),
        Err(_) => tracing::debug!("a connection to the listener took too long"),
    }
}

async fn answer(
    request: Request<Incoming>,
    about: &Operation,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method(), request.uri().path());
    if !matches!(path, "/healthz" | "/readyz" | "/metrics") {
        let text = "nothing is here; there are /healthz, /readyz and /metrics\n";
        return Ok(response(StatusCode::NOT_FOUND, TEXT, text.to_owned()));
    }
    if !matches!(*method, Method::GET | Method::HEAD) {
        let text = "only GET and HEAD\n".to_owned();
        let mut refusal = response(StatusCode::METHOD_NOT_ALLOWED, TEXT, text);
        let allowed = HeaderValue::from_static("GET, HEAD");
        refusal.headers_mut().insert(ALLOW, allowed);
        return Ok(refusal);
    }
    let (good, text) = match path {
        "/healthz" => about.health(),
        "/readyz" => about.ready().await,
        _ => return Ok(response(StatusCode::OK, METRICS, about.metrics())),
    };
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    Ok(response(status, TEXT, text))
}

/// hyper leaves the body out where HEAD asks.
fn response(status: StatusCode, content_type: &'static str, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
