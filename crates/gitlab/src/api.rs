//! Requests to GitLab's REST API, v4 (<https://docs.gitlab.com/api/rest/>).

use polar_source::{
    Credentials, Http, Reply, Request, Secret, SourceError, Url, header::HeaderName,
};

use crate::GitLabOptions;

/// Requests in a row without any answer after which nobody is taken to listen any more. One address
/// that never answers, such as a list that takes GitLab too long, must not end the whole reading.
const UNANSWERED: u32 = 3;

/// The API of one instance.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: Http,
    base: Url,
    token: Secret,
    unanswered: u32,
}

impl Api {
    pub(crate) fn new(options: &GitLabOptions) -> Result<Self, SourceError> {
        let wrong = |reason: &str| Err(SourceError::Settings(format!("GitLab: {reason}")));
        let mut base = options.endpoint.clone();
        if !["http", "https"].contains(&base.scheme()) || !base.has_host() {
            return wrong("the endpoint is no address with http or https and a host");
        }
        if !base.username().is_empty() || base.password().is_some() {
            return wrong("the endpoint holds credentials, which belong into the token");
        }
        if options.token.is_empty() {
            // Without one only public projects are seen, and would be taken for all.
            return wrong("the token is empty");
        }
        base.set_query(None);
        base.set_fragment(None);
        if !base.path().trim_end_matches('/').ends_with("/api/v4")
            && let Ok(mut path) = base.path_segments_mut()
        {
            path.pop_if_empty().extend(["api", "v4"]);
        }
        Ok(Self {
            http: Http::new(options.http.clone())?,
            base,
            token: options.token.clone(),
            // Where not even the first request is answered, no more are tried.
            unanswered: UNANSWERED - 1,
        })
    }

    /// Host, with the port if it is not the scheme's own.
    pub(crate) fn instance(&self) -> String {
        let host = self.base.host_str().unwrap_or_default();
        match self.base.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// An address; each part of the path is percent-encoded as a whole.
    pub(crate) fn url(&self, path: &[&str], query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    /// Gets an answer that is no refusal.
    pub(crate) async fn get(&mut self, url: Url) -> Result<Reply, SourceError> {
        let token = Credentials {
            name: HeaderName::from_static("private-token"),
            value: self.token.clone(),
        };
        let request = Request::get(url).with(Some(token));
        let sent = self.http.send(&request).await;
        match &sent {
            Err(SourceError::Unreachable { .. }) => self.unanswered += 1,
            _ => self.unanswered = 0,
        }
        let reply = sent?;
        if reply.status.as_u16() >= 400 && reply.url.origin() != request.url.origin() {
            // The refusal of another host, such as a store of artifacts, says nothing of the token.
            let from = request.url.origin().ascii_serialization();
            let reason = format!(
                "{}; {from} redirects there, where no token is sent to",
                reply.status.as_u16()
            );
            return Err(reply.unreadable(reason));
        }
        reply.ok()
    }

    /// Whether nothing more can be read after this error.
    pub(crate) fn is_over(&self, error: &SourceError) -> bool {
        match error {
            SourceError::Unreachable { .. } => self.unanswered >= UNANSWERED,
            error => error.ends_reading(),
        }
    }
}

/// The address of the page after this one.
///
/// GitLab writes its links with the address that it is configured with, which need not be the one
/// that it is reached by (a proxy that ends TLS, a name inside a cluster). Only the query of the
/// link is taken, so that no page is missed, and nothing is asked of another host.
pub(crate) fn next_page(asked: &Url, reply: &Reply) -> Result<Option<Url>, SourceError> {
    let links = reply.headers.get_all("link").iter();
    let mut links = links.filter_map(|value| value.to_str().ok());
    let Some(link) = links.find_map(next_link) else {
        return Ok(None);
    };
    let link = asked.join(link);
    let link = link.map_err(|error| reply.unreadable(format!("the next page: {error}")))?;
    let mut next = asked.clone();
    next.set_query(link.query());
    if next == *asked {
        return Err(reply.unreadable("its next page is itself"));
    }
    Ok(Some(next))
}

/// The target of the link with `rel="next"` (RFC 8288).
fn next_link(header: &str) -> Option<&str> {
    let (until, _) = header.split_once("rel=\"next\"")?;
    let (_, link) = until.rsplit_once('<')?;
    link.split_once('>').map(|(target, _)| target)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use polar_source::{HttpOptions, StatusCode, header::HeaderMap};

    use super::*;
    use crate::What;

    fn api(endpoint: &str, token: &str) -> Result<Api, SourceError> {
        Api::new(&GitLabOptions {
            endpoint: endpoint.parse().unwrap(),
            token: Secret::new(token),
            http: HttpOptions::default(),
            what: What::Everything,
            marks: BTreeMap::new(),
            artifact_files: Vec::new(),
            registry_tags: true,
        })
    }

    #[test]
    fn addresses() {
        for (endpoint, instance, wanted) in [
            ("https://G.example", "g.example", "https://g.example/api/v4"),
            (
                "https://g.example:443/",
                "g.example",
                "https://g.example/api/v4",
            ),
            (
                "http://g.example:8080/git/",
                "g.example:8080",
                "http://g.example:8080/git/api/v4",
            ),
            (
                "https://g.example/git/api/v4/?a=b#c",
                "g.example",
                "https://g.example/git/api/v4",
            ),
        ] {
            let api = api(endpoint, "t").unwrap();
            assert_eq!(api.instance(), instance);
            let url = api.url(&["projects", "a/b%c"], &[("x", "y z")]);
            assert_eq!(url.as_str(), format!("{wanted}/projects/a%2Fb%25c?x=y+z"));
        }
    }

    #[test]
    fn settings_that_can_never_work() {
        for (endpoint, token) in [
            ("ftp://g.example", "t"),
            ("mailto:g@example.com", "t"),
            ("https://me:hunter2@g.example", "t"),
            ("https://g.example", " \n"),
        ] {
            let error = api(endpoint, token).unwrap_err();
            assert!(matches!(error, SourceError::Settings(_)), "{error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn pages() {
        let asked = Url::parse("https://g.example/api/v4/projects?page=1").unwrap();
        let next = |link: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("link", link.parse().unwrap());
            let (url, status, body) = (asked.clone(), StatusCode::OK, Vec::new());
            let reply = Reply {
                url,
                status,
                headers,
                body,
            };
            next_page(&asked, &reply).map(|next| next.map(String::from))
        };
        let first = "<https://g.example/api/v4/projects?page=1>; rel=\"first\"";
        let last = "<http://10.0.0.7/api/v4/projects?a=1,2&page=2>; rel=\"next\"";
        let wanted = Some("https://g.example/api/v4/projects?a=1,2&page=2".to_owned());
        assert_eq!(next(&format!("{first}, {last}, {first}")), Ok(wanted));
        assert_eq!(next(first), Ok(None));
        let same = "<https://g.example/api/v4/projects?page=1>; rel=\"next\"";
        assert!(next(same).is_err());
    }
}
