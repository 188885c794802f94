//! Aliases: names that the caller knows to be other names of the same repositories.

use std::collections::HashMap;

use crate::error::{Code, Error};
use crate::marks::Marks;
use crate::registry::{self, library_prefix};
use crate::repository;

/// An opt-in table of `registry-or-prefix -> registry-or-prefix`, empty by default.
///
/// A key or a target is a registry (`k8s.gcr.io`) or a registry and the first components of a repository
/// (`mirror.example.com/dockerhub`), in any spelling that [`parse`](crate::parse()) would read as that registry.
/// The table is applied to the canonical `registry/repository`, thus after `nginx` has become
/// `docker.io/library/nginx`:
///
/// - the longest key that ends where the name ends or at one of its `/` wins;
/// - it is applied once: a target is never looked up again;
/// - a key that is the whole name is passed over if its target is a registry alone, since nothing would be
///   left to name the repository;
/// - a key is taken literally: the official nginx is `docker.io/library/nginx`, and `docker.io/nginx` is the
///   prefix of a user called nginx;
/// - after it the rules for Docker Hub hold again, so that `mirror.example.com/dockerhub -> docker.io` turns
///   `mirror.example.com/dockerhub/nginx` into `docker.io/library/nginx`.
///
/// ```
/// use polar_normalize::{AliasTable, Options, parse};
///
/// let mut aliases = AliasTable::new();
/// aliases.insert("k8s.gcr.io", "registry.k8s.io")?;
/// aliases.insert("mirror.example.com/dockerhub", "docker.io")?;
/// let options = Options { aliases, ..Options::default() };
///
/// let pause = parse("k8s.gcr.io/pause:3.6", &options)?;
/// assert_eq!(pause.primary(), "registry.k8s.io/pause:3.6");
/// let redis = parse("mirror.example.com/dockerhub/redis:7", &options)?;
/// assert_eq!(redis.primary(), "docker.io/library/redis:7");
/// # Ok::<(), polar_normalize::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AliasTable {
    /// By the key's canonical text.
    entries: HashMap<String, Prefix>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Prefix {
    /// Canonical.
    registry: String,
    repository: Option<String>,
}

impl AliasTable {
    /// An empty table: nothing is renamed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an entry, or replaces the target of an equal key.
    ///
    /// # Errors
    ///
    /// Where `from` or `to` does not start with a registry (`invalid-registry`), or what follows it is no
    /// repository (`invalid-repository`, `uppercase-repository`), or a character may stand in no reference at
    /// all. Tags, digests and schemes have no place in a table.
    pub fn insert(&mut self, from: &str, to: &str) -> Result<(), Error> {
        let key = Prefix::parse(from).map_err(|error| error.with_input(from.as_bytes()))?;
        let target = Prefix::parse(to).map_err(|error| error.with_input(to.as_bytes()))?;
        self.entries.insert(key.text(), target);
        Ok(())
    }

    /// Whether the table renames nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// The registry and the repository that a canonical `registry/repository` is an alias of.
    pub(crate) fn resolve(&self, name: &str) -> Option<(&str, String)> {
        let boundaries = name.rmatch_indices('/').map(|(at, _)| at);
        std::iter::once(name.len())
            .chain(boundaries)
            .find_map(|end| {
                let (key, rest) = name.split_at(end);
                self.entries.get(key)?.join(rest)
            })
    }
}

impl Prefix {
    fn parse(text: &str) -> Result<Self, Error> {
        Marks::of(text.as_bytes())?;
        let (registry, repository) = match text.split_once('/') {
            Some((registry, repository)) => (registry, Some(repository)),
            None => (text, None),
        };
        if !registry::is_one(registry) {
            return Err(Error::at(
                Code::InvalidRegistry,
                0,
                "not read as a registry: no dot, no port, not localhost",
            ));
        }
        let registry_text = registry::canonical(registry)?.into_owned();
        if let Some(repository) = repository {
            repository::check(repository).map_err(|error| error.shift(registry.len() + 1))?;
        }
        Ok(Self {
            registry: registry_text,
            repository: repository.map(str::to_owned),
        })
    }

    fn text(&self) -> String {
        match &self.repository {
            Some(repository) => format!("{}/{repository}", self.registry),
            None => self.registry.clone(),
        }
    }

    /// This prefix and what followed the key: nothing, or a `/` and the rest of a repository.
    fn join(&self, rest: &str) -> Option<(&str, String)> {
        let repository = match &self.repository {
            Some(repository) => format!("{repository}{rest}"),
            None => rest.strip_prefix('/')?.to_owned(),
        };
        let library = library_prefix(&self.registry, &repository);
        Some((&self.registry, format!("{library}{repository}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> AliasTable {
        let mut table = AliasTable::new();
        for (from, to) in [
            ("K8s.gcr.io:443", "registry.k8s.io"),
            ("mirror.example.com", "fallback.example.com"),
            ("mirror.example.com/dockerhub", "index.docker.io"),
            ("mirror.example.com/dockerhub/quay", "quay.io"),
            ("docker.io/bitnami", "docker.io/bitnamilegacy"),
            ("old.example.com/app", "docker.io/app"),
            ("a.example.com", "b.example.com"),
            ("b.example.com", "a.example.com"),
        ] {
            table.insert(from, to).unwrap();
        }
        table
    }

    #[track_caller]
    fn check(name: &str, expected: Option<&str>) {
        let table = table();
        let found = table.resolve(name);
        let found = found.map(|(registry, repository)| format!("{registry}/{repository}"));
        assert_eq!(found.as_deref(), expected);
    }

    #[test]
    fn longest_key_at_a_boundary_once() {
        check("k8s.gcr.io/pause", Some("registry.k8s.io/pause"));
        check("mirror.example.com/a/b", Some("fallback.example.com/a/b"));
        check(
            "mirror.example.com/dockerhub/nginx",
            Some("docker.io/library/nginx"),
        );
        check("mirror.example.com/dockerhub/a/b", Some("docker.io/a/b"));
        check("mirror.example.com/dockerhub/quay/a", Some("quay.io/a"));
        check(
            "mirror.example.com/dockerhubs/a",
            Some("fallback.example.com/dockerhubs/a"),
        );
        check(
            "docker.io/bitnami/redis",
            Some("docker.io/bitnamilegacy/redis"),
        );
        check("docker.io/library/nginx", None);
        check("old.example.com/app", Some("docker.io/library/app"));
        check("old.example.com/app/x", Some("docker.io/app/x"));
        check("a.example.com/x", Some("b.example.com/x"));
        check("b.example.com/x", Some("a.example.com/x"));
    }

    #[test]
    fn a_bare_target_needs_a_rest() {
        check(
            "mirror.example.com/dockerhub",
            Some("fallback.example.com/dockerhub"),
        );
        check(
            "mirror.example.com/dockerhub/quay",
            Some("docker.io/library/quay"),
        );
    }

    #[test]
    fn refused_entries() {
        for (prefix, code, offset) in [
            ("", "empty", 0),
            ("dockerhub", "invalid-registry", 0),
            ("/a", "invalid-registry", 0),
            ("https://a.example.com", "invalid-registry", 6),
            ("a_b.example.com", "invalid-registry", 1),
            ("a.example.com/", "invalid-repository", 14),
            ("a.example.com/b:1", "invalid-repository", 15),
            ("a.example.com/B", "uppercase-repository", 14),
            (" a.example.com", "invalid-character", 0),
            ("$mirror", "unexpanded-variable", 0),
        ] {
            let mut table = AliasTable::new();
            for (from, to) in [(prefix, "a.example.com"), ("a.example.com", prefix)] {
                let error = table.insert(from, to).unwrap_err();
                assert_eq!(
                    (error.code(), error.offset()),
                    (code, Some(offset)),
                    "{prefix}"
                );
                assert_eq!(error.input(), prefix);
            }
            assert!(table.is_empty());
        }
    }
}
