//! Logging in: a registry says with its challenge what it wants (RFC 9110, and the token
//! specifications of the Docker registry and of ACR).

use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use polar_source::{Credentials, Http, Method, Reply, Request, Secret, SourceError, Url, header};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::Login;

/// Requests with whatever credentials the registry asks for.
pub(crate) struct Auth {
    http: Http,
    login: Login,
    base: Url,
    /// By what they are for: a repository, or nothing for the catalogue.
    tokens: Mutex<HashMap<String, Credentials>>,
}

impl Auth {
    pub(crate) fn new(http: Http, login: Login, base: Url) -> Self {
        Self {
            http,
            login,
            base,
            tokens: Mutex::new(HashMap::new()),
        }
    }

    /// Sends a request about a repository; logs in where asked to. Any status but 401 is an answer.
    pub(crate) async fn send(&self, area: &str, request: Request) -> Result<Reply, SourceError> {
        let known = self.tokens.lock().await.get(area).cloned();
        let request = request.with(known);
        let reply = self.http.send(&request).await?;
        if reply.status.as_u16() != 401 {
            return Ok(reply);
        }
        if reply.url.origin() != request.url.origin() {
            // Whoever it redirects to must not choose where the login goes.
            let from = request.url.origin().ascii_serialization();
            let reason = format!("401; {from} redirects there, where no login is sent to");
            return Err(reply.unreadable(reason));
        }
        // No token yet, or one that has expired.
        let Some(credentials) = self.answer(&reply).await? else {
            return reply.ok();
        };
        let mut tokens = self.tokens.lock().await;
        tokens.insert(area.to_owned(), credentials.clone());
        drop(tokens);
        let reply = self.http.send(&request.with(Some(credentials))).await?;
        // A second one is a refusal.
        match reply.status.as_u16() {
            401 => reply.ok(),
            _ => Ok(reply),
        }
    }

    /// Credentials as the challenge wants them; `None` if there are none to give.
    async fn answer(&self, reply: &Reply) -> Result<Option<Credentials>, SourceError> {
        let challenges = reply.headers.get_all("www-authenticate").iter();
        let challenges = challenges.filter_map(|value| value.to_str().ok());
        let challenges: Vec<_> = challenges.filter_map(Challenge::parse).collect();
        for challenge in &challenges {
            match challenge.scheme.as_str() {
                "bearer" => {
                    let token = self.token(reply, challenge).await?;
                    return Ok(Some(authorization("Bearer", &token)));
                }
                "basic" => return Ok(self.basic()),
                _ => {}
            }
        }
        Ok(None)
    }

    fn basic(&self) -> Option<Credentials> {
        let Login::Password { user, password } = &self.login else {
            return None;
        };
        let pair = STANDARD.encode(format!("{user}:{}", password.expose()));
        Some(authorization("Basic", &Secret::new(&pair)))
    }

    async fn token(&self, reply: &Reply, challenge: &Challenge) -> Result<Secret, SourceError> {
        let realm = challenge.parameter("realm").unwrap_or_default();
        let realm: Url = realm
            .parse()
            .map_err(|_| reply.unreadable("its challenge names no realm to log in at"))?;
        if self.base.scheme() == "https" && realm.scheme() != "https" {
            return Err(reply.unreadable("it wants the login in plain text, which is not sent"));
        }
        if matches!(self.login, Login::EntraId(_)) && realm.origin() != self.base.origin() {
            // An ACR is its own authority; others (Docker Hub, GitLab) have theirs elsewhere.
            return Err(reply.unreadable("it wants the login at another host, as no ACR does"));
        }
        let service = challenge.parameter("service").unwrap_or_default();
        let scope = challenge.parameter("scope").unwrap_or_default();
        let request = match &self.login {
            Login::Identity(refresh) => exchange(realm, service, scope, refresh.clone()),
            Login::EntraId(token) => {
                let refresh = self.refresh_token(service, token).await?;
                exchange(realm, service, scope, refresh)
            }
            Login::Anonymous | Login::Password { .. } => {
                let mut realm = realm;
                for (name, value) in [("service", service), ("scope", scope)] {
                    if !value.is_empty() {
                        realm.query_pairs_mut().append_pair(name, value);
                    }
                }
                Request::get(realm).with(self.basic())
            }
        };
        let reply = self.http.fetch(&request).await?;
        let answer: TokenAnswer = reply.json()?;
        let token = answer.token.or(answer.access_token);
        let token = token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| reply.unreadable("no token in it"))?;
        Ok(Secret::new(&token))
    }

    /// An ACR's refresh token for a token of Entra ID (`POST /oauth2/exchange`).
    async fn refresh_token(&self, service: &str, token: &Secret) -> Result<Secret, SourceError> {
        let mut request = Request::get(crate::api::join(&self.base, &["oauth2", "exchange"]));
        request.method = Method::POST;
        request.form = vec![
            ("grant_type", Secret::new("access_token")),
            ("service", Secret::new(service)),
            ("access_token", token.clone()),
        ];
        let reply = self.http.fetch(&request).await?;
        let answer: TokenAnswer = reply.json()?;
        let token = answer.refresh_token.filter(|token| !token.is_empty());
        let token = token.ok_or_else(|| reply.unreadable("no refresh token in it"))?;
        Ok(Secret::new(&token))
    }
}

fn exchange(realm: Url, service: &str, scope: &str, refresh: Secret) -> Request {
    let mut request = Request::get(realm);
    request.method = Method::POST;
    request.form = vec![
        ("grant_type", Secret::new("refresh_token")),
        ("client_id", Secret::new("polar-provenance")),
        ("service", Secret::new(service)),
        ("scope", Secret::new(scope)),
        ("refresh_token", refresh),
    ];
    request
}

fn authorization(scheme: &str, value: &Secret) -> Credentials {
    Credentials {
        name: header::AUTHORIZATION,
        value: Secret::new(&format!("{scheme} {}", value.expose())),
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
}

/// One challenge of a `WWW-Authenticate` header.
#[derive(Debug, PartialEq)]
struct Challenge {
    /// Lower case.
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let mut parameters = Vec::new();
        let mut rest = rest.trim_start();
        while let Some((name, value)) = rest.split_once('=') {
            let (value, after) = match value.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => value.split_at(value.find(',').unwrap_or(value.len())),
            };
            let name = name.trim().to_ascii_lowercase();
            parameters.push((name, value.trim().to_owned()));
            rest = after.trim_start().trim_start_matches(',').trim_start();
        }
        (!scheme.is_empty()).then(|| Self {
            scheme: scheme.to_ascii_lowercase(),
            parameters,
        })
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let text = "Bearer realm=\"https://a.example/token\",service=\"a.example\", \
                    scope=\"repository:b/c:pull,push\"";
        let found = Challenge::parse(text).unwrap();
        assert_eq!(found.scheme, "bearer");
        assert_eq!(found.parameter("realm"), Some("https://a.example/token"));
        assert_eq!(found.parameter("scope"), Some("repository:b/c:pull,push"));
        let found = Challenge::parse("Basic realm=here").unwrap();
        assert_eq!(found.parameter("realm"), Some("here"));
        assert_eq!(Challenge::parse("Negotiate").unwrap().parameters, []);
        assert_eq!(Challenge::parse("Basic realm=\"never closed"), None);
    }
}
