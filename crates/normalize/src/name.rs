//! Names: a registry and a repository on it, after the rules that need both.

use std::borrow::Cow;

use crate::AliasTable;
use crate::error::{Code, Error};
use crate::registry::{DOCKER_HUB, library_prefix};

/// `registry` `/` `library` `path`, canonical; borrowed from the input in the usual case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name<'a> {
    pub(crate) registry: Cow<'a, str>,
    /// `library/` or nothing.
    pub(crate) library: &'static str,
    /// The repository after `library`; never empty.
    pub(crate) path: Cow<'a, str>,
    /// That of `library` and `path`: 255 characters at most, the distribution project's limit.
    pub(crate) repository_len: u8,
}

impl<'a> Name<'a> {
    /// Check 11, the aliases, and what check 12 says besides the grammar. `registry` is canonical, `path` has
    /// passed the grammar, and offsets are relative to it.
    pub(crate) fn new(
        registry: Cow<'a, str>,
        path: &'a str,
        aliases: &'a AliasTable,
    ) -> Result<Self, Error> {
        let name = Self::checked(registry, Cow::Borrowed(path))?;
        if aliases.is_empty() {
            return Ok(name);
        }
        let Name {
            registry,
            library,
            path,
            ..
        } = &name;
        match aliases.resolve(&format!("{registry}/{library}{path}")) {
            Some((registry, repository)) => {
                Self::checked(Cow::Borrowed(registry), Cow::Owned(repository))
                    .map_err(Error::without_place)
            }
            None => Ok(name),
        }
    }

    #[inline]
    fn checked(registry: Cow<'a, str>, path: Cow<'a, str>) -> Result<Self, Error> {
        let library = library_prefix(&registry, &path);
        let Ok(repository_len) = u8::try_from(library.len() + path.len()) else {
            return Err(Error::at(Code::RepositoryTooLong, 0, "repository too long"));
        };
        if registry == DOCKER_HUB && path.strip_prefix("library/").unwrap_or(&path) == "scratch" {
            return Err(Error::at(Code::ReservedName, 0, "not an image"));
        }
        Ok(Self {
            registry,
            library,
            path,
            repository_len,
        })
    }
}
