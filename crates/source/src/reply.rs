//! An answer over HTTP.

use reqwest::{StatusCode, header::HeaderMap};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{SourceError, http::place};

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Where it came from, after redirects.
    pub url: Url,
    /// Status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header as text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The reply, if it is no refusal.
    ///
    /// # Errors
    /// [`SourceError::Refused`] for any status from 400.
    pub fn ok(self) -> Result<Self, SourceError> {
        if self.status.as_u16() < 400 {
            return Ok(self);
        }
        let hint = match self.status.as_u16() {
            401 => ": the credentials are missing, wrong or expired",
            403 => ": the credentials do not allow it",
            404 => ": not there, or not for these credentials to see",
            429 => ": too many requests, also after waiting",
            _ => "",
        };
        Err(SourceError::Refused {
            place: place(&self.url),
            status: self.status.as_u16(),
            hint: hint.to_owned(),
        })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`SourceError::Unreadable`] if it is none, or another shape than wanted.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let content_type = self.header("content-type").unwrap_or("no content type");
            self.unreadable(format!("{error} ({content_type})"))
        })
    }

    /// An error about this reply.
    #[must_use]
    pub fn unreadable(&self, reason: impl Into<String>) -> SourceError {
        SourceError::Unreadable {
            place: place(&self.url),
            reason: reason.into(),
        }
    }

    /// The address of the next page: `rel="next"` in a `Link` header (RFC 8288).
    ///
    /// # Errors
    /// [`SourceError::Unreadable`] if it is of another origin: it is not asked, and the list is not
    /// whole without it.
    pub fn next_page(&self) -> Result<Option<Url>, SourceError> {
        let links = self.headers.get_all("link").iter();
        let links = links.filter_map(|value| value.to_str().ok());
        let next = links.flat_map(split_links).find_map(|link| {
            let (target, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
            let is_next = parameters.split(';').any(|parameter| {
                let (name, value) = parameter.split_once('=').unwrap_or_default();
                name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"') == "next"
            });
            is_next.then_some(target)
        });
        let Some(next) = next else {
            return Ok(None);
        };
        let next = self.url.join(next);
        let next = next.map_err(|error| self.unreadable(format!("its next page: {error}")))?;
        if next.origin() != self.url.origin() {
            let there = next.origin().ascii_serialization();
            let reason = format!("its next page is at {there}, which is not asked");
            return Err(self.unreadable(reason));
        }
        Ok(Some(next))
    }
}

/// Splits at commas outside `<…>`.
fn split_links(header: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    header.split(move |c| {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            _ => {}
        }
        c == ',' && !inside
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(link: &str) -> Result<Option<String>, SourceError> {
        let mut headers = HeaderMap::new();
        headers.insert("link", link.parse().unwrap());
        let reply = Reply {
            url: Url::parse("https://h.example/api/items?page=1").unwrap(),
            status: StatusCode::OK,
            headers,
            body: Vec::new(),
        };
        Ok(reply.next_page()?.map(String::from))
    }

    #[test]
    fn pages() {
        let first = "<https://h.example/api/items?page=1>; rel=\"first\"";
        let last = "<https://h.example/api/items?a=1,2&page=2>; rel=\"next\"";
        let wanted = "https://h.example/api/items?a=1,2&page=2".to_owned();
        assert_eq!(next(&format!("{first}, {last}")), Ok(Some(wanted)));
        let relative = "</v2/_catalog?last=b&n=2>; rel=\"next\"";
        let wanted = "https://h.example/v2/_catalog?last=b&n=2".to_owned();
        assert_eq!(next(relative), Ok(Some(wanted)));
        assert_eq!(next(first), Ok(None));
        for elsewhere in [
            "https://evil.example/",
            "http://h.example/api/items?page=2",
            "https://h.example:444/",
            "https://h.example@evil.example/",
            "//evil.example/",
        ] {
            let error = next(&format!("<{elsewhere}>; rel=next")).unwrap_err();
            assert!(error.to_string().contains("which is not asked"), "{error}");
        }
    }
}
