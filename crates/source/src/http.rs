//! Requests with bounds and retries.

use std::{path::PathBuf, time::Duration};

use reqwest::{
    Client, Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue, LOCATION},
};
use url::Url;

use crate::{
    Reply, Secret, SourceError,
    retry::{Failed, Retries, Waits, asked_for, may_pass},
    tls::{self, ClientCertificate},
};

/// Redirects that are followed.
const REDIRECTS: usize = 5;

/// How requests are made.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// PEM file of an authority to trust besides the system's (`ca_cert`, `PROXY_CA_CERT`).
    pub ca_certificate: Option<PathBuf>,
    /// What to show a server that asks who calls (mutual TLS).
    pub client_certificate: Option<ClientCertificate>,
    /// Longest time for one attempt, its body included.
    pub timeout: Duration,
    /// How often a request is tried, the first time included.
    pub attempts: usize,
    /// The first wait between attempts; it doubles from there.
    pub first_wait: Duration,
    /// The longest wait between attempts; a server that asks for more is given up.
    pub longest_wait: Duration,
    /// Bytes of the largest body that is read.
    pub largest_body: usize,
    /// Counts requests that are made again.
    pub retries: Retries,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            ca_certificate: None,
            client_certificate: None,
            timeout: Duration::from_secs(60),
            attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(120),
            largest_body: 32 << 20,
            retries: Retries::default(),
        }
    }
}

/// What a request proves itself with: a header, for one origin.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// e.g. `authorization`.
    pub name: HeaderName,
    /// Its value.
    pub value: Secret,
}

/// A request. Credentials go to the origin of its address only.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method.
    pub method: Method,
    /// Address.
    pub url: Url,
    /// Headers that anybody may see.
    pub headers: HeaderMap,
    /// What it proves itself with.
    pub credentials: Option<Credentials>,
    /// A form to send, by name and value.
    pub form: Vec<(&'static str, Secret)>,
}

impl Request {
    /// A `GET`.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderMap::new(),
            credentials: None,
            form: Vec::new(),
        }
    }

    /// The request with a header; one whose value is no header value is left out.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(name, value);
        }
        self
    }

    /// The request with credentials.
    #[must_use]
    pub fn with(mut self, credentials: Option<Credentials>) -> Self {
        self.credentials = credentials;
        self
    }
}

/// An HTTP client.
#[derive(Debug, Clone)]
pub struct Http {
    /// Shows the client certificate, if there is one.
    client: Client,
    /// Shows none.
    stranger: Client,
    options: HttpOptions,
}

impl Http {
    /// A client.
    ///
    /// # Errors
    /// [`SourceError::Settings`] if a certificate cannot be read or is none.
    pub fn new(options: HttpOptions) -> Result<Self, SourceError> {
        let stranger = tls::client(&options, None)?;
        let client = match &options.client_certificate {
            Some(shown) => tls::client(&options, Some(shown))?,
            None => stranger.clone(),
        };
        Ok(Self {
            client,
            stranger,
            options,
        })
    }

    /// Gets an answer, of whatever status; asks again where that may help.
    ///
    /// # Errors
    /// [`SourceError::Unreachable`] if no attempt got a whole answer.
    pub async fn send(&self, request: &Request) -> Result<Reply, SourceError> {
        let options = &self.options;
        let mut waits = Waits::new(options.attempts, options.first_wait, options.longest_wait);
        loop {
            let outcome = self.once(request).await;
            let asked = match &outcome {
                Ok(reply) if may_pass(reply.status.as_u16()) => {
                    asked_for(&reply.headers, reply.status)
                }
                Err(Failed::MayPass(_)) => None,
                Ok(_) | Err(Failed::Finally(_)) => return outcome.map_err(Failed::error),
            };
            let Some(wait) = waits.next(asked) else {
                return outcome.map_err(Failed::error);
            };
            tracing::debug!(place = place(&request.url), ?wait, "asking again");
            options.retries.add();
            tokio::time::sleep(wait).await;
        }
    }

    /// Gets an answer that is no refusal.
    ///
    /// # Errors
    /// As [`Http::send`], and [`SourceError::Refused`].
    pub async fn fetch(&self, request: &Request) -> Result<Reply, SourceError> {
        self.send(request).await?.ok()
    }

    /// One attempt, redirects included.
    async fn once(&self, request: &Request) -> Result<Reply, Failed> {
        let mut url = request.url.clone();
        let mut request = request.clone();
        for _ in 0..=REDIRECTS {
            let reply = self.hop(&request, url).await?;
            let next = reply
                .headers
                .get(LOCATION)
                .filter(|_| is_redirect(reply.status));
            let Some(next) = next.and_then(|next| next.to_str().ok()) else {
                return Ok(reply);
            };
            let next = reply.url.join(next);
            url = next.map_err(|error| {
                Failed::Finally(reply.unreadable(format!("redirect to no address: {error}")))
            })?;
            if reply.url.scheme() == "https" && url.scheme() != "https" {
                let reason = "it redirects from https to plain text, which is not followed";
                return Err(Failed::Finally(reply.unreadable(reason)));
            }
            if !matches!(url.scheme(), "http" | "https") {
                let reason = "it redirects to something else than http, which is not followed";
                return Err(Failed::Finally(reply.unreadable(reason)));
            }
            // As browsers do (RFC 9110): only 307 and 308 repeat what was posted.
            if !matches!(reply.status.as_u16(), 307 | 308) && request.method == Method::POST {
                request.method = Method::GET;
                request.form.clear();
            }
        }
        let error = SourceError::Unreadable {
            place: place(&request.url),
            reason: format!("more than {REDIRECTS} redirects"),
        };
        Err(Failed::Finally(error))
    }

    async fn hop(&self, request: &Request, mut url: Url) -> Result<Reply, Failed> {
        // A login in an address would be sent, and is none of ours. Neither fails where there is a
        // host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        let is_home = url.origin() == request.url.origin();
        let client = if is_home {
            &self.client
        } else {
            &self.stranger
        };
        let mut building = client
            .request(request.method.clone(), url.clone())
            .headers(request.headers.clone());
        if is_home {
            if let Some(Credentials { name, value }) = &request.credentials {
                let mut value = HeaderValue::from_str(value.expose()).map_err(|_| {
                    Failed::Finally(SourceError::Settings(format!(
                        "{}: the credentials hold characters that no header can",
                        place(&url)
                    )))
                })?;
                value.set_sensitive(true);
                building = building.header(name.clone(), value);
            }
            if !request.form.is_empty() {
                let mut form = url::form_urlencoded::Serializer::new(String::new());
                for (name, value) in &request.form {
                    form.append_pair(name, value.expose());
                }
                building = building
                    .header("content-type", "application/x-www-form-urlencoded")
                    .body(form.finish());
            }
        }
        let mut response = building
            .send()
            .await
            .map_err(|error| failed(&url, &error))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response
            .chunk()
            .await
            .map_err(|error| failed(&url, &error))?
        {
            if body.len() + chunk.len() > self.options.largest_body {
                let error = SourceError::Unreadable {
                    place: place(&url),
                    reason: format!("more than {} bytes", self.options.largest_body),
                };
                return Err(Failed::Finally(error));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply {
            url,
            status,
            headers,
            body,
        })
    }
}

/// What led to an error. reqwest's own text names the address with its query; its causes do not.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut reason = String::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let text = error.to_string();
        if !reason.ends_with(&text) {
            if !reason.is_empty() {
                reason.push_str(": ");
            }
            reason.push_str(&text);
        }
        cause = error.source();
    }
    reason
}

fn failed(url: &Url, error: &reqwest::Error) -> Failed {
    let mut reason = causes(error);
    if error.is_timeout() {
        reason = "timed out".to_owned();
    }
    let is_untrusted = reason.contains("certificate");
    if reason.contains("InvalidContentType") {
        reason.push_str(": it does not speak TLS, and nothing is sent in plain text");
    }
    let error = SourceError::Unreachable {
        place: place(url),
        reason,
    };
    if is_untrusted {
        Failed::Finally(error)
    } else {
        Failed::MayPass(error)
    }
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// An address for people: without credentials and without its query, where secrets can be.
pub(crate) fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}
