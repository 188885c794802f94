//! Requests to the API server, with bounds and retries. What it answers, of whatever status, is
//! handed on; its texts are not.

use std::{error::Error, time::Duration};

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use http_body_util::BodyExt;
use kube::client::{AuthError, Body};
use polar_source::{Failed, Retries, SourceError, Url, header, may_pass};

use crate::{ClusterOptions, connect};

/// The longest wait between attempts; a server that asks for more is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// Bytes of the largest answer that is read.
const LARGEST_BODY: usize = 128 << 20;

/// A client of one API server.
pub(crate) struct Api {
    client: kube::Client,
    /// Address of the server for people, without a slash at its end.
    address: String,
    timeout: Duration,
    attempts: usize,
    first_wait: Duration,
    retries: Retries,
}

/// An answer, read to its end.
pub(crate) struct Answer {
    /// Address without its query.
    pub(crate) place: String,
    /// HTTP status.
    pub(crate) status: u16,
    /// Body.
    pub(crate) body: Vec<u8>,
    retry_after: Option<Duration>,
}

impl Api {
    pub(crate) fn new(client: kube::Client, address: String, options: &ClusterOptions) -> Self {
        Self {
            client,
            address,
            timeout: options.timeout,
            attempts: options.attempts,
            first_wait: options.first_wait,
            retries: options.retries.clone(),
        }
    }

    /// Gets an answer to path and query of `url`; asks again where that may help.
    pub(crate) async fn get(&self, url: &Url) -> Result<Answer, SourceError> {
        let mut waits = self.waits();
        loop {
            let outcome = self.once(url).await;
            let asked = match &outcome {
                Ok(answer) if may_pass(answer.status) => answer.retry_after,
                Err(Failed::MayPass(_)) => None,
                Ok(_) | Err(Failed::Finally(_)) => return outcome.map_err(Failed::error),
            };
            let wait = waits.next().map(|wait| asked.unwrap_or(wait));
            let Some(wait) = wait.filter(|wait| *wait <= LONGEST_WAIT) else {
                return outcome.map_err(Failed::error);
            };
            tracing::debug!(place = self.place(url), ?wait, "asking again");
            self.retries.add();
            tokio::time::sleep(wait).await;
        }
    }

    fn waits(&self) -> ExponentialBackoff {
        ExponentialBuilder::default()
            .with_jitter()
            .with_min_delay(self.first_wait)
            .with_max_delay(LONGEST_WAIT / 2)
            .with_max_times(self.attempts.saturating_sub(1))
            .build()
    }

    async fn once(&self, url: &Url) -> Result<Answer, Failed> {
        match tokio::time::timeout(self.timeout, self.exchange(url)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failed::MayPass(self.unreachable(url, "timed out"))),
        }
    }

    async fn exchange(&self, url: &Url) -> Result<Answer, Failed> {
        let target = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        let request = http::Request::get(target)
            .header(header::ACCEPT, "application/json")
            .header(
                header::USER_AGENT,
                concat!("polar-provenance/", env!("CARGO_PKG_VERSION")),
            )
            .body(Body::empty())
            .map_err(|error| Failed::Finally(self.unreachable(url, error.to_string())))?;
        let sent = self.client.send(request).await;
        let mut response = sent.map_err(|error| self.failed(url, &error))?;
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let mut body = Vec::new();
        while let Some(frame) = response.body_mut().frame().await {
            let frame = frame.map_err(|error| self.failed(url, &error))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if body.len() + data.len() > LARGEST_BODY {
                let error = SourceError::Unreadable {
                    place: self.place(url),
                    reason: format!("more than {LARGEST_BODY} bytes; a smaller page may help"),
                };
                return Err(Failed::Finally(error));
            }
            body.extend_from_slice(&data);
        }
        Ok(Answer {
            place: self.place(url),
            status: response.status().as_u16(),
            body,
            retry_after: retry_after.map(Duration::from_secs),
        })
    }

    /// What an attempt failed of.
    fn failed(&self, url: &Url, error: &kube::Error) -> Failed {
        let mut texts: Vec<String> = Vec::new();
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<AuthError>() {
                return Failed::Finally(connect::no_credentials(error));
            }
            // kube's own text repeats its cause's.
            let text = error.to_string();
            if !error.is::<kube::Error>() && !texts.iter().any(|known| known.contains(&text)) {
                texts.push(text);
            }
            cause = error.source();
        }
        let reason = texts.join(": ");
        if reason.contains("certificate") {
            let hint = "; the authority that the kubeconfig names does not vouch for this server";
            return Failed::Finally(self.unreachable(url, reason + hint));
        }
        Failed::MayPass(self.unreachable(url, reason))
    }

    fn unreachable(&self, url: &Url, reason: impl Into<String>) -> SourceError {
        SourceError::Unreachable {
            place: self.place(url),
            reason: reason.into(),
        }
    }

    /// An address for people: without its query.
    pub(crate) fn place(&self, url: &Url) -> String {
        format!("{}{}", self.address, url.path())
    }
}
