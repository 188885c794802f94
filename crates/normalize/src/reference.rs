//! A parsed reference and the forms it is joined by.
//!
//! Invariant: `text` is `registry "/" repository [":" tag] ["@" digest]`, all ASCII, everything but the tag
//! canonical; the three lengths count bytes of it from its end, 0 standing for "none". All of them fit a
//! byte: a repository has at most 255 characters, a tag 128, a digest 135.

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

use crate::identity;
use crate::name::Name;
use crate::registry;

/// A container image reference in canonical form, with the exact tag.
///
/// Two references mean the same place to pull from where their forms are equal; what is behind a tag may
/// change, and two exact tags that differ in case only share a [tag form](Self::tag_form). `==` compares
/// more than that: the exact tag, and what was defaulted.
///
/// One allocation holds all of it; a form that is a part of it is borrowed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ImageRef {
    text: Box<str>,
    repository_len: u8,
    tag_len: u8,
    digest_len: u8,
    tag_has_upper_case: bool,
    tag_defaulted: bool,
    registry_defaulted: bool,
}

/// What [`ImageRef`] is made of; each part has passed its checks.
pub(crate) struct Parts<'a> {
    pub(crate) name: &'a Name<'a>,
    pub(crate) tag: Option<&'a str>,
    pub(crate) digest: Option<&'a str>,
    pub(crate) tag_defaulted: bool,
    pub(crate) registry_defaulted: bool,
}

impl ImageRef {
    #[inline]
    pub(crate) fn assemble(parts: &Parts<'_>) -> Self {
        let Name {
            registry,
            library,
            path,
            repository_len,
        } = parts.name;
        let optional = |part: Option<&str>| part.map_or(0, |part| 1 + part.len());
        // Exact, so that the boxed text is this very allocation.
        let mut text = String::with_capacity(
            registry.len()
                + 1
                + usize::from(*repository_len)
                + optional(parts.tag)
                + optional(parts.digest),
        );
        text.push_str(registry);
        text.push('/');
        text.push_str(library);
        text.push_str(path);
        push_optional(&mut text, ':', parts.tag);
        push_optional(&mut text, '@', parts.digest);
        let len = |part: Option<&str>| part.map_or(0, |part| part.len() as u8);
        Self {
            text: text.into_boxed_str(),
            repository_len: *repository_len,
            tag_len: len(parts.tag),
            digest_len: len(parts.digest),
            tag_has_upper_case: parts.tag.is_some_and(|tag| {
                tag.bytes()
                    .fold(false, |any, b| any | b.is_ascii_uppercase())
            }),
            tag_defaulted: parts.tag_defaulted,
            registry_defaulted: parts.registry_defaulted,
        }
    }

    /// The registry: a lower-case host, or a bracketed IPv6 address, and its port unless it is 443.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.text[..self.name_end() - usize::from(self.repository_len) - 1]
    }

    /// The repository on the registry, `library/` included.
    #[must_use]
    pub fn repository(&self) -> &str {
        let end = self.name_end();
        &self.text[end - usize::from(self.repository_len)..end]
    }

    /// `registry/repository`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.text[..self.name_end()]
    }

    /// The tag exactly as a registry wants it: tags are case-sensitive there.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let end = self.tag_end();
        (self.tag_len != 0).then(|| &self.text[end - usize::from(self.tag_len)..end])
    }

    /// The digest, `algorithm:hex`.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        let start = self.text.len() - usize::from(self.digest_len);
        (self.digest_len != 0).then(|| &self.text[start..])
    }

    /// Whether the input had neither tag nor digest, so that the tag is `latest` by default.
    #[must_use]
    pub fn tag_defaulted(&self) -> bool {
        self.tag_defaulted
    }

    /// Whether the input named no registry and was read as Docker Hub's. An alias may have moved it since.
    #[must_use]
    pub fn registry_defaulted(&self) -> bool {
        self.registry_defaulted
    }

    /// Whether the registry is `localhost`, `127.0.0.1` or `[::1]`, with any port: another one on each
    /// machine. References seen on two machines must not be joined by it.
    #[must_use]
    pub fn host_relative(&self) -> bool {
        registry::is_host_relative(self.registry())
    }

    /// `registry/repository:tag` in lower case: the key that tags are joined by. `None` if there is a digest
    /// and no tag; no `latest` is invented then.
    #[must_use]
    pub fn tag_form(&self) -> Option<Cow<'_, str>> {
        let form = &self.text[..self.tag_end()];
        match (self.tag_len, self.tag_has_upper_case) {
            (0, _) => None,
            (_, false) => Some(Cow::Borrowed(form)),
            (_, true) => Some(Cow::Owned(form.to_ascii_lowercase())),
        }
    }

    /// `registry/repository@digest`: the key that contents are joined by. It never has the tag.
    #[must_use]
    pub fn digest_form(&self) -> Option<Cow<'_, str>> {
        let digest = self.digest()?;
        Some(match self.tag_len {
            0 => Cow::Borrowed(&self.text),
            _ => Cow::Owned([self.name(), "@", digest].concat()),
        })
    }

    /// The digest form if there is a digest, else the tag form. There is always one of them.
    #[must_use]
    pub fn primary(&self) -> Cow<'_, str> {
        self.digest_form()
            .or_else(|| self.tag_form())
            .unwrap_or_default()
    }

    /// The UUID of the [tag form](Self::tag_form): version 5, in the URL namespace, of the form's bytes.
    #[must_use]
    pub fn tag_uuid(&self) -> Option<Uuid> {
        self.tag_form().map(|form| identity::of(&form))
    }

    /// The UUID of the [digest form](Self::digest_form): version 5, in the URL namespace, of the form's bytes.
    #[must_use]
    pub fn digest_uuid(&self) -> Option<Uuid> {
        self.digest_form().map(|form| identity::of(&form))
    }

    /// The UUID of the [primary form](Self::primary): version 5, in the URL namespace, of the form's bytes.
    #[must_use]
    pub fn primary_uuid(&self) -> Uuid {
        identity::of(&self.primary())
    }

    fn tag_end(&self) -> usize {
        self.text.len() - with_separator(self.digest_len)
    }

    fn name_end(&self) -> usize {
        self.tag_end() - with_separator(self.tag_len)
    }
}

fn with_separator(len: u8) -> usize {
    usize::from(len) + usize::from(len != 0)
}

fn push_optional(text: &mut String, separator: char, part: Option<&str>) {
    if let Some(part) = part {
        text.push(separator);
        text.push_str(part);
    }
}

impl fmt::Debug for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImageRef")
            .field("registry", &self.registry())
            .field("repository", &self.repository())
            .field("tag", &self.tag())
            .field("digest", &self.digest())
            .field("tag_defaulted", &self.tag_defaulted)
            .field("registry_defaulted", &self.registry_defaulted)
            .field("host_relative", &self.host_relative())
            .finish()
    }
}

/// The [primary form](ImageRef::primary).
impl fmt::Display for ImageRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.primary())
    }
}
