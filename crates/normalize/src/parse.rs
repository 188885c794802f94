//! The checks in their order, from an input to a canonical reference.

use std::borrow::Cow;

use crate::error::{Code, Error};
use crate::marks::Marks;
use crate::name::Name;
use crate::reference::{ImageRef, Parts};
use crate::registry::{self, DOCKER_HUB};
use crate::scheme::{self, Scheme};
use crate::{Options, ShortNames, class, digest, repository};

const DEFAULT_TAG: &str = "latest";

/// Parses a container image reference. See the [crate's documentation](crate) for the checks.
///
/// ```
/// use polar_normalize::{Options, parse};
///
/// let image = parse("registry.gitlab.com/group/project/app:v1.0-RC1", &Options::default())?;
/// assert_eq!(image.registry(), "registry.gitlab.com");
/// assert_eq!(image.repository(), "group/project/app");
/// assert_eq!(image.tag(), Some("v1.0-RC1"));
/// assert_eq!(image.primary(), "registry.gitlab.com/group/project/app:v1.0-rc1");
/// assert_eq!(image.primary_uuid().to_string(), "8cc557c2-015a-599d-9e5d-c05ba5888310");
/// # Ok::<(), polar_normalize::Error>(())
/// ```
///
/// # Errors
///
/// For the first check that fails, with its [`Code`].
pub fn parse(input: &str, options: &Options) -> Result<ImageRef, Error> {
    checked(input, options).map_err(|error| error.with_input(input.as_bytes()))
}

/// [`parse()`] for bytes that may not be UTF-8, such as a log line's: they are `non-ascii`, unless an
/// earlier check fails.
///
/// ```
/// use polar_normalize::{Options, parse_bytes};
///
/// let error = parse_bytes(b"caf\xe9:1", &Options::default()).unwrap_err();
/// assert_eq!((error.code(), error.offset()), ("non-ascii", Some(3)));
/// ```
///
/// # Errors
///
/// As [`parse()`].
pub fn parse_bytes(input: &[u8], options: &Options) -> Result<ImageRef, Error> {
    match str::from_utf8(input) {
        Ok(input) => parse(input, options),
        Err(error) => Err(not_utf8(input, error.valid_up_to()).with_input(input)),
    }
}

/// There is a byte above 0x7f, so one of the first checks fails.
#[cold]
fn not_utf8(input: &[u8], at: usize) -> Error {
    let fallback = || Error::at(Code::NonAscii, at, "non-ASCII character");
    Marks::of(input).err().unwrap_or_else(fallback)
}

/// Checks 1 to 5, and the others on what is left.
fn checked(input: &str, options: &Options) -> Result<ImageRef, Error> {
    let marks = Marks::of(input.as_bytes())?;
    match scheme::strip(input, &marks)? {
        None => after_scheme(Scheme::Image, input, &marks, options),
        Some((scheme, rest)) => Marks::of(rest.as_bytes())
            .and_then(|marks| after_scheme(scheme, rest, &marks, options))
            .map_err(|error| error.shift(input.len() - rest.len())),
    }
}

/// Checks 6 to 15. Of the parts of the input, only the registry is ever looked at twice.
fn after_scheme(
    scheme: Scheme,
    text: &str,
    marks: &Marks,
    options: &Options,
) -> Result<ImageRef, Error> {
    scheme::refuse_local(text, marks)?;
    if let Some(error) = digest::alone(text) {
        return Err(error);
    }
    let cut = Cut::of(text, marks)?;
    let (explicit, path) = explicit_registry(cut.name, marks.first_slash)?;
    let registry_defaulted = explicit.is_none();
    if registry_defaulted && options.short_names == ShortNames::Reject {
        return Err(Error::at(Code::ShortName, 0, "no registry"));
    }

    let path_at = cut.name.len() - path.len();
    let registry = explicit.unwrap_or(Cow::Borrowed(DOCKER_HUB));
    let name = repository::check(path)
        .and_then(|()| Name::new(registry, path, &options.aliases))
        .map_err(|error| error.shift(path_at))?;
    let tag = cut.checked_tag(scheme)?;
    if let Some(digest) = cut.digest {
        digest::check(digest).map_err(|error| error.shift(text.len() - digest.len()))?;
    }
    let tag_defaulted = tag.is_none() && cut.digest.is_none();
    if tag_defaulted && scheme == Scheme::Helm {
        return Err(Error::at(Code::MissingTag, text.len(), "no version"));
    }

    Ok(ImageRef::assemble(&Parts {
        name: &name,
        tag: if tag_defaulted {
            Some(DEFAULT_TAG)
        } else {
            tag.as_deref()
        },
        digest: cut.digest,
        tag_defaulted,
        registry_defaulted,
    }))
}

/// The text cut at its separators; nothing is checked but that there is a name.
struct Cut<'a> {
    name: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Cut<'a> {
    fn of(text: &'a str, marks: &Marks) -> Result<Self, Error> {
        let left = &text[..marks.at.unwrap_or(text.len())];
        if marks.last_slash.is_none() && left.starts_with('[') {
            return Err(missing(left.len(), "nothing after the registry"));
        }
        // `None` is less than any slash.
        let colon = marks
            .last_colon
            .filter(|&colon| Some(colon) > marks.last_slash);
        let name = &left[..colon.unwrap_or(left.len())];
        if name.is_empty() {
            return Err(missing(0, "no repository"));
        }
        Ok(Self {
            name,
            tag: colon.map(|colon| &left[colon + 1..]),
            digest: marks.at.map(|at| &text[at + 1..]),
        })
    }

    #[inline]
    fn checked_tag(&self, scheme: Scheme) -> Result<Option<Cow<'a, str>>, Error> {
        let Some(tag) = self.tag else {
            return Ok(None);
        };
        let tag = match scheme {
            Scheme::Helm if tag.contains('+') => Cow::Owned(tag.replace('+', "_")),
            Scheme::Helm | Scheme::Image => Cow::Borrowed(tag),
        };
        repository::check_tag(&tag).map_err(|error| error.shift(self.name.len() + 1))?;
        Ok(Some(tag))
    }
}

/// Checks 9 and 10: the registry, if the name starts with one, and what follows it.
#[inline]
fn explicit_registry(
    name: &str,
    first_slash: Option<usize>,
) -> Result<(Option<Cow<'_, str>>, &str), Error> {
    let Some(slash) = first_slash else {
        return Ok((None, name));
    };
    let (first, rest) = (&name[..slash], &name[slash + 1..]);
    let registry = match class::look(first, &class::HOST) {
        class::DOT => Cow::Borrowed(registry::hub_alias(first).unwrap_or(first)),
        _ if registry::is_one(first) => registry::canonical(first)?,
        _ => return Ok((None, name)),
    };
    if rest.is_empty() {
        return Err(missing(name.len(), "nothing after the registry"));
    }
    Ok((Some(registry), rest))
}

fn missing(at: usize, what: &'static str) -> Error {
    Error::at(Code::MissingRepository, at, what)
}
