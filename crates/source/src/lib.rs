//! What the observers of sources share: where observations go ([`Sink`]), what could not be read
//! ([`Problem`]), why a reading ended early ([`SourceError`]), and HTTP with bounds and retries
//! ([`Http`]).
//!
//! It does not know any source's API, nor the graph.
//!
//! Invariants: credentials go to the host that they are for and to no other, whatever it redirects
//! to; no body is read beyond its bound; no error, log line or `Debug` holds a [`Secret`]; TLS is
//! verified.

mod error;
mod http;
mod reply;
mod retry;
mod secret;
mod sink;
mod tls;

pub use error::SourceError;
pub use http::{Credentials, Http, HttpOptions, Request};
pub use reply::Reply;
pub use reqwest::{Method, StatusCode, header};
pub use retry::{Failed, Retries, may_pass};
pub use secret::Secret;
pub use sink::{Outcome, Problem, Seen, Sink};
pub use tls::ClientCertificate;
pub use url::Url;
