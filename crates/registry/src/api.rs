//! The calls: OCI Distribution 1.1, and ACR's own for repositories and tags.

use polar_source::{Http, Method, Reply, Request, SourceError, Url, header};

use crate::{
    RegistryOptions,
    auth::Auth,
    digest,
    wire::{AcrTag, AcrTags, Catalogue, Manifest, Tags},
};

/// Media types of manifests and indexes.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
    application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.docker.distribution.manifest.v2+json";

/// Items in a page.
const PAGE: &str = "1000";

/// A registry's API.
pub(crate) struct Api {
    auth: Auth,
    base: Url,
    is_acr: bool,
}

/// A tag as a list has it; ACR tells more.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) digest: Option<String>,
    pub(crate) pushed_at: Option<String>,
}

/// A manifest with its digest, both checked.
pub(crate) struct Fetched {
    pub(crate) digest: String,
    pub(crate) media_type: Option<String>,
    pub(crate) manifest: Manifest,
    pub(crate) bytes: Vec<u8>,
}

impl Api {
    pub(crate) fn new(options: &RegistryOptions) -> Result<Self, SourceError> {
        // Docker Hub answers elsewhere than its name says.
        let host = match (&options.address, options.registry.as_str()) {
            (Some(address), _) => address.as_str(),
            (None, "docker.io") => "registry-1.docker.io",
            (None, host) => host,
        };
        let scheme = if options.plain_http { "http" } else { "https" };
        let base = format!("{scheme}://{host}/").parse::<Url>();
        let is_host = |base: &Url| {
            base.path() == "/" && base.query().is_none() && !base.as_str().contains('@')
        };
        let base = base.ok().filter(is_host);
        let base = base.ok_or_else(|| {
            let reason = "is no host, as in `acme.azurecr.io` or `registry.example.com:5000`";
            // What stands before an @ can be a password.
            let shown = host.rsplit('@').next().unwrap_or_default();
            SourceError::Settings(format!("registry `{shown}` {reason}"))
        })?;
        let http = Http::new(options.http.clone())?;
        let by_name = [".azurecr.io", ".azurecr.cn", ".azurecr.us"]
            .iter()
            .any(|suffix| options.registry.ends_with(suffix));
        Ok(Self {
            auth: Auth::new(http, options.login.clone(), base.clone()),
            base,
            is_acr: options.is_acr.unwrap_or(by_name),
        })
    }

    /// The first page of repositories.
    pub(crate) fn catalogue(&self) -> Url {
        let mut url = if self.is_acr {
            join(&self.base, &["acr", "v1", "_catalog"])
        } else {
            join(&self.base, &["v2", "_catalog"])
        };
        url.query_pairs_mut().append_pair("n", PAGE);
        url
    }

    /// A page of repositories, and the next one's address.
    pub(crate) async fn catalogue_page(
        &self,
        url: Url,
    ) -> Result<(Vec<String>, Option<Url>), SourceError> {
        let reply = self.auth.send("", Request::get(url)).await?;
        if matches!(reply.status.as_u16(), 403..=405) {
            let refusal = reply.ok().err().map(|error| error.to_string());
            return Err(SourceError::Settings(format!(
                "{}; name the repositories to read: the registry does not list them",
                refusal.unwrap_or_default()
            )));
        }
        let reply = reply.ok()?;
        let page: Catalogue = reply.json()?;
        Ok((page.repositories, reply.next_page()?))
    }

    /// The first page of a repository's tags.
    pub(crate) fn tags(&self, repository: &str) -> Url {
        let (before, after): (&[&str], &[&str]) = if self.is_acr {
            (&["acr", "v1"], &["_tags"])
        } else {
            (&["v2"], &["tags", "list"])
        };
        let parts = before.iter().copied().chain(repository.split('/'));
        let parts: Vec<&str> = parts.chain(after.iter().copied()).collect();
        let mut url = join(&self.base, &parts);
        url.query_pairs_mut().append_pair("n", PAGE);
        url
    }

    /// A page of a repository's tags, and the next one's address. A repository that is not there
    /// has none: catalogues list what has been deleted.
    pub(crate) async fn tags_page(
        &self,
        repository: &str,
        url: Url,
    ) -> Result<(Vec<Tag>, Option<Url>), SourceError> {
        let reply = self.auth.send(repository, Request::get(url)).await?;
        if reply.status.as_u16() == 404 {
            return Ok((Vec::new(), None));
        }
        let reply = reply.ok()?;
        let tags = if self.is_acr {
            let page: AcrTags = reply.json()?;
            page.tags.into_iter().map(Tag::from).collect()
        } else {
            let page: Tags = reply.json()?;
            let tag = |name| Tag {
                name,
                digest: None,
                pushed_at: None,
            };
            page.tags.into_iter().map(tag).collect()
        };
        Ok((tags, reply.next_page()?))
    }

    /// The digest that a tag points to, as the registry says; `None` if it does not say.
    pub(crate) async fn digest_of(
        &self,
        repository: &str,
        tag: &str,
    ) -> Result<Option<String>, SourceError> {
        let mut request = self.manifest_request(repository, tag);
        request.method = Method::HEAD;
        let reply = self.auth.send(repository, request).await?.ok()?;
        let digest = reply.header("docker-content-digest");
        Ok(digest
            .filter(|digest| digest::is_one(digest))
            .map(str::to_owned))
    }

    /// A manifest or an index, by tag or by digest.
    pub(crate) async fn manifest(
        &self,
        repository: &str,
        reference: &str,
    ) -> Result<Fetched, SourceError> {
        let request = self.manifest_request(repository, reference);
        let reply = self.auth.send(repository, request).await?.ok()?;
        let promised = if digest::is_one(reference) {
            Some(reference)
        } else {
            reply.header("docker-content-digest")
        };
        check(&reply, promised)?;
        let digest = promised.map_or_else(|| digest::of(&reply.body), str::to_owned);
        let manifest: Manifest = reply.json()?;
        let content_type = reply.header("content-type").map(str::to_owned);
        Ok(Fetched {
            media_type: manifest.media_type.clone().or(content_type),
            digest,
            manifest,
            bytes: reply.body,
        })
    }

    /// A blob: a config, a statement, a report.
    pub(crate) async fn blob(&self, repository: &str, digest: &str) -> Result<Reply, SourceError> {
        let request = Request::get(self.within(repository, &["blobs", digest]));
        let reply = self.auth.send(repository, request).await?.ok()?;
        check(&reply, Some(digest))?;
        Ok(reply)
    }

    /// A page of what refers to a manifest; `None` if the registry cannot tell. The first page is at
    /// [`Api::referrers`].
    pub(crate) async fn referrers_page(
        &self,
        repository: &str,
        url: Url,
    ) -> Result<Option<(Manifest, Option<Url>)>, SourceError> {
        let reply = self.auth.send(repository, Request::get(url)).await?;
        // 404 is the standard's sign that there is no such API; others answer 400 or 405.
        if matches!(reply.status.as_u16(), 400 | 404 | 405) {
            return Ok(None);
        }
        let reply = reply.ok()?;
        Ok(Some((reply.json()?, reply.next_page()?)))
    }

    /// Where the referrers of a manifest are.
    pub(crate) fn referrers(&self, repository: &str, digest: &str) -> Url {
        self.within(repository, &["referrers", digest])
    }

    fn manifest_request(&self, repository: &str, reference: &str) -> Request {
        let url = self.within(repository, &["manifests", reference]);
        Request::get(url).header(header::ACCEPT, MANIFESTS)
    }

    fn within(&self, repository: &str, rest: &[&str]) -> Url {
        let parts = std::iter::once("v2").chain(repository.split('/'));
        let parts: Vec<&str> = parts.chain(rest.iter().copied()).collect();
        join(&self.base, &parts)
    }
}

impl From<AcrTag> for Tag {
    fn from(tag: AcrTag) -> Self {
        Self {
            name: tag.name,
            digest: tag.digest.filter(|digest| digest::is_one(digest)),
            pushed_at: tag.last_update_time.or(tag.created_time),
        }
    }
}

/// An address below another one; each part is percent-encoded.
pub(crate) fn join(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

fn check(reply: &Reply, promised: Option<&str>) -> Result<(), SourceError> {
    match promised.map(|digest| (digest, digest::matches(digest, &reply.body))) {
        Some((digest, Some(false))) => {
            let reason = format!("its bytes do not have the digest {digest}");
            Err(reply.unreadable(reason))
        }
        Some((digest, None)) => {
            Err(reply.unreadable(format!("the digest {digest} cannot be checked here")))
        }
        Some((_, Some(true))) | None => Ok(()),
    }
}
