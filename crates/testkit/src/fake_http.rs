//! A server over real HTTP that answers as a test says, and fails as a test says.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    Request, Response,
    body::{Bytes, Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use crate::Certificates;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct Asked {
    /// e.g. `GET`.
    pub method: String,
    /// Path as sent, percent-encoding included.
    pub path: String,
    /// Query by name, decoded; the last value of a name.
    pub query: BTreeMap<String, String>,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Body, as far as it is text.
    pub body: String,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Asked {
    /// A value of the query, or an empty text.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.query.get(name).map_or("", String::as_str)
    }
}

/// What the server says.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// 200 with bytes.
    #[must_use]
    pub fn bytes(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.into(),
        }
    }

    /// 200 with JSON.
    #[must_use]
    pub fn json(value: &serde_json::Value) -> Self {
        Self::bytes("application/json", value.to_string())
    }

    /// A status without a body.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The answer with another status.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// The answer with a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// How a request goes wrong.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This answer instead of the true one.
    Instead(Answer),
    /// The connection ends without an answer.
    Reset,
    /// The connection ends in the middle of the body.
    Truncated,
    /// The true answer, late.
    Slow(Duration),
}

impl Fault {
    /// A status.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::Instead(Answer::status(status))
    }

    /// A page for people where JSON should be.
    #[must_use]
    pub fn html() -> Self {
        let page = "<!DOCTYPE html><title>Sign in</title>";
        Self::Instead(Answer::bytes("text/html; charset=utf-8", page))
    }
}

type Handler = dyn Fn(&Asked) -> Answer + Send + Sync;
type Stopped = std::io::Error;

#[derive(Default)]
struct Log {
    asked: Vec<Asked>,
    /// By the number of the request.
    faults: BTreeMap<usize, Fault>,
    /// For all requests from this one on.
    from: Option<(usize, Fault)>,
}

/// The server; it ends when it is dropped.
pub struct FakeServer {
    /// e.g. `http://127.0.0.1:40123`.
    pub url: String,
    /// e.g. `127.0.0.1:40123`.
    pub host: String,
    log: Arc<Mutex<Log>>,
    accepting: JoinHandle<()>,
}

impl FakeServer {
    /// Starts a server that answers with `handler`.
    ///
    /// # Panics
    /// If no port can be had.
    pub async fn start(handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(Arc::new(handler), None).await
    }

    /// As [`FakeServer::start`], over TLS with `server.pem`.
    ///
    /// # Panics
    /// If no port can be had, or the certificates are no good.
    pub async fn start_tls(
        certificates: &Certificates,
        handler: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let acceptor = certificates.acceptor("server", false);
        Self::serve(Arc::new(handler), Some(acceptor)).await
    }

    async fn serve(handler: Arc<Handler>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{host}");
        let log = Arc::new(Mutex::new(Log::default()));
        let shared = Arc::clone(&log);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (handler, log, tls) = (Arc::clone(&handler), Arc::clone(&shared), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => connection(stream, handler, log).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                connection(stream, handler, log).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            url,
            host,
            log,
            accepting,
        }
    }

    /// What was asked so far.
    ///
    /// # Panics
    /// If a handler panicked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.log.lock().unwrap().asked.clone()
    }

    /// Forgets what was asked, and all faults.
    ///
    /// # Panics
    /// If a handler panicked.
    pub fn reset(&self) {
        *self.log.lock().unwrap() = Log::default();
    }

    /// Makes one request fail: the `number`-th, from 0.
    ///
    /// # Panics
    /// If a handler panicked.
    pub fn fail(&self, number: usize, fault: Fault) {
        self.log.lock().unwrap().faults.insert(number, fault);
    }

    /// Makes all requests fail from the `number`-th on, from 0.
    ///
    /// # Panics
    /// If a handler panicked.
    pub fn fail_from(&self, number: usize, fault: Fault) {
        self.log.lock().unwrap().from = Some((number, fault));
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    handler: Arc<Handler>,
    log: Arc<Mutex<Log>>,
) {
    let service =
        service_fn(move |request| answer(request, Arc::clone(&handler), Arc::clone(&log)));
    // A client that goes away, or a fault that was asked for.
    drop(
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await,
    );
}

async fn answer(
    request: Request<Incoming>,
    handler: Arc<Handler>,
    log: Arc<Mutex<Log>>,
) -> Result<Response<BoxBody<Bytes, Stopped>>, Stopped> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?;
    let bytes = body.to_bytes().to_vec();
    let query = parts.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned();
    let headers = parts.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    });
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: query.collect(),
        headers: headers.collect(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    };
    let fault = {
        let mut log = log.lock().unwrap();
        let number = log.asked.len();
        log.asked.push(asked.clone());
        let from = log.from.as_ref().filter(|(from, _)| number >= *from);
        let from = from.map(|(_, fault)| fault.clone());
        log.faults.remove(&number).or(from)
    };
    let mut is_cut = false;
    let answer = match fault {
        None => handler(&asked),
        Some(Fault::Instead(answer)) => answer,
        Some(Fault::Reset) => return Err(std::io::Error::other("reset by the test")),
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            handler(&asked)
        }
        Some(Fault::Truncated) => {
            is_cut = true;
            handler(&asked)
        }
    };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    if asked.method == "HEAD" {
        response = response.header("content-length", answer.body.len());
        let empty: BoxBody<Bytes, Infallible> = http_body_util::Empty::new().boxed();
        let empty = empty.map_err(|never| match never {});
        return response.body(empty.boxed()).map_err(std::io::Error::other);
    }
    response = response.header("content-length", answer.body.len().max(usize::from(is_cut)));
    let sent = if is_cut {
        answer.body.len() / 2
    } else {
        answer.body.len()
    };
    let mut frames = vec![Ok(Frame::data(Bytes::from(answer.body[..sent].to_vec())))];
    if is_cut {
        frames.push(Err(std::io::Error::other("cut by the test")));
    }
    let body = StreamBody::new(futures_util::stream::iter(frames));
    response
        .body(BodyExt::boxed(body))
        .map_err(std::io::Error::other)
}
