//! Why a reference was refused: a stable code, the place, the way out.

use std::fmt;

/// The stable name of a refusal.
///
/// The order of the variants is the order of the checks (see the crate's documentation), except for
/// [`Code::ShortName`], which only [`ShortNames::Reject`](crate::ShortNames::Reject) gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// Nothing to parse, or nothing after a scheme.
    Empty,
    /// A `$` or a `{{`: a template that was never filled in.
    UnexpandedVariable,
    /// A byte above 0x7f.
    NonAscii,
    /// A space, a control character or DEL.
    InvalidCharacter,
    /// A scheme other than `docker://`, `docker-pullable://` and `oci://`, or two schemes.
    UnsupportedScheme,
    /// A transport of skopeo or podman that names something on one host.
    LocalTransport,
    /// A digest with no repository. The error carries it: [`Error::digest`].
    DigestOnly,
    /// A digest that is malformed, of the wrong length, or has upper-case hex digits.
    InvalidDigest,
    /// A registry with nothing after it, or nothing before the tag or the digest.
    MissingRepository,
    /// A reference without an explicit registry, refused by [`ShortNames::Reject`](crate::ShortNames::Reject).
    ShortName,
    /// A registry that is no host, or whose port is none.
    InvalidRegistry,
    /// A repository outside the grammar.
    InvalidRepository,
    /// A repository that would be valid in lower case.
    UppercaseRepository,
    /// A repository of more than 255 characters.
    RepositoryTooLong,
    /// `scratch`, which is no image.
    ReservedName,
    /// A tag outside the grammar, or longer than 128 characters.
    InvalidTag,
    /// A well-formed digest of an algorithm other than sha256, sha384 and sha512.
    UnsupportedDigest,
    /// A Helm chart (`oci://`) with neither tag nor digest.
    MissingTag,
}

impl Code {
    /// Every code, in the order of the checks.
    pub const ALL: [Self; 18] = [
        Self::Empty,
        Self::UnexpandedVariable,
        Self::NonAscii,
        Self::InvalidCharacter,
        Self::UnsupportedScheme,
        Self::LocalTransport,
        Self::DigestOnly,
        Self::InvalidDigest,
        Self::MissingRepository,
        Self::ShortName,
        Self::InvalidRegistry,
        Self::InvalidRepository,
        Self::UppercaseRepository,
        Self::RepositoryTooLong,
        Self::ReservedName,
        Self::InvalidTag,
        Self::UnsupportedDigest,
        Self::MissingTag,
    ];

    /// The code as it is written in logs, metrics and JSON: lower case, words joined by `-`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::UnexpandedVariable => "unexpanded-variable",
            Self::NonAscii => "non-ascii",
            Self::InvalidCharacter => "invalid-character",
            Self::UnsupportedScheme => "unsupported-scheme",
            Self::LocalTransport => "local-transport",
            Self::DigestOnly => "digest-only",
            Self::InvalidDigest => "invalid-digest",
            Self::MissingRepository => "missing-repository",
            Self::ShortName => "short-name",
            Self::InvalidRegistry => "invalid-registry",
            Self::InvalidRepository => "invalid-repository",
            Self::UppercaseRepository => "uppercase-repository",
            Self::RepositoryTooLong => "repository-too-long",
            Self::ReservedName => "reserved-name",
            Self::InvalidTag => "invalid-tag",
            Self::UnsupportedDigest => "unsupported-digest",
            Self::MissingTag => "missing-tag",
        }
    }

    /// What the person who wrote the reference can do about it.
    #[must_use]
    pub const fn advice(self) -> &'static str {
        match self {
            Self::Empty => "give a reference such as registry.example.com/team/app:1.0",
            Self::UnexpandedVariable => "expand the variables first",
            Self::NonAscii => "write the host as punycode (xn--...); nothing else may be non-ASCII",
            Self::InvalidCharacter => "remove it; nothing is trimmed here",
            Self::UnsupportedScheme => {
                "use docker://, docker-pullable:// or oci://, once, or no scheme"
            }
            Self::LocalTransport => {
                "it names something on one host; push the image and use that reference"
            }
            Self::DigestOnly => {
                "find the repository it was pulled from and write repository@digest"
            }
            Self::InvalidDigest => "write algorithm:hex, whole and in lower case",
            Self::MissingRepository => "write registry/repository",
            Self::ShortName => "name the registry, docker.io/ for Docker Hub",
            Self::InvalidRegistry => "write host, host:port or [IPv6]:port",
            Self::InvalidRepository => {
                "use a-z and 0-9, between them one '.', one or two '_' or any '-', and '/' between components"
            }
            Self::UppercaseRepository => "write the repository in lower case",
            Self::RepositoryTooLong => "use at most 255 characters",
            Self::ReservedName => "scratch is the empty base of a build: leave it out",
            Self::InvalidTag => {
                "use 1 to 128 of A-Z a-z 0-9 '_' '.' '-', not starting with '.' or '-'"
            }
            Self::UnsupportedDigest => "use sha256, sha384 or sha512",
            Self::MissingTag => "name the chart's version: oci://registry/chart:version",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A refused reference.
///
/// Displayed, it says which input, what is wrong, where, and the way out:
///
/// ```
/// use polar_normalize::{Options, parse};
///
/// let error = parse("ghcr.io/Acme/app", &Options::default()).unwrap_err();
/// assert_eq!(error.code(), "uppercase-repository");
/// assert_eq!(error.offset(), Some(8));
/// assert_eq!(
///     error.to_string(),
///     r#"image reference "ghcr.io/Acme/app": upper-case letter in the repository (byte 8): write the repository in lower case"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(transparent)]
pub struct Error(Box<Details>);

/// Behind a pointer, so that a `Result` is no larger than what it holds when all is well.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("image reference {}: {what}{}: {}", Excerpt(.input), Place(*.offset), .code.advice())]
struct Details {
    code: Code,
    /// What is wrong, in a few words.
    what: &'static str,
    offset: Option<usize>,
    digest: Option<Box<str>>,
    /// Empty until [`Error::with_input`].
    input: Box<str>,
}

impl Error {
    /// A failed check, at a byte of what the check was given; see [`Error::shift`].
    #[cold]
    pub(crate) fn at(code: Code, offset: usize, what: &'static str) -> Self {
        Self(Box::new(Details {
            code,
            what,
            offset: Some(offset),
            digest: None,
            input: Box::default(),
        }))
    }

    /// The same error in a text that starts `by` bytes earlier.
    #[cold]
    pub(crate) fn shift(mut self, by: usize) -> Self {
        self.0.offset = self.0.offset.map(|offset| offset + by);
        self
    }

    #[cold]
    pub(crate) fn without_place(mut self) -> Self {
        self.0.offset = None;
        self
    }

    #[cold]
    pub(crate) fn with_digest(mut self, digest: &str) -> Self {
        self.0.digest = Some(digest.into());
        self
    }

    #[cold]
    pub(crate) fn with_input(mut self, input: &[u8]) -> Self {
        self.0.input = String::from_utf8_lossy(input).into();
        self
    }

    /// The stable code, as a string.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code.as_str()
    }

    /// The stable code, to match on.
    #[must_use]
    pub fn kind(&self) -> Code {
        self.0.code
    }

    /// The byte of the input at which the trouble starts, where there is one such place: not where an alias
    /// led to it. It may be the input's length: something is missing at the end.
    #[must_use]
    pub fn offset(&self) -> Option<usize> {
        self.0.offset
    }

    /// The whole input, with U+FFFD for what was not UTF-8.
    #[must_use]
    pub fn input(&self) -> &str {
        &self.0.input
    }

    /// The digest of a [`Code::DigestOnly`] input, always with its algorithm (`sha256:` for bare hex digits).
    ///
    /// Whether it is that of a config or of a manifest depends on who wrote it.
    #[must_use]
    pub fn digest(&self) -> Option<&str> {
        self.0.digest.as_deref()
    }
}

/// The input as a quoted, escaped literal of bounded length.
struct Excerpt<'a>(&'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIMIT: usize = 200;
        match self.0.char_indices().nth(LIMIT) {
            Some((end, _)) => write!(f, "{:?}...", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

struct Place(Option<usize>);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .map_or(Ok(()), |offset| write!(f, " (byte {offset})"))
    }
}
