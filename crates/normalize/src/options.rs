//! What a caller may decide.

use crate::AliasTable;

/// What to make of a reference, besides the fixed rules. The default is Docker's reading of references.
///
/// ```
/// use polar_normalize::{Options, ShortNames, parse};
///
/// let strict = Options { short_names: ShortNames::Reject, ..Options::default() };
/// assert_eq!(parse("nginx:1.27", &strict).unwrap_err().code(), "short-name");
/// assert!(parse("docker.io/library/nginx:1.27", &strict).is_ok());
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What a reference without an explicit registry means.
    pub short_names: ShortNames,
    /// Other names of the same repositories; none by default.
    pub aliases: AliasTable,
}

/// What a reference without an explicit registry (`nginx`, `team/app:1`) means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum ShortNames {
    /// A repository on Docker Hub, as Docker and Kubernetes have it.
    #[default]
    DockerHub,
    /// An error, `short-name`: CRI-O and podman may search other registries for it.
    Reject,
}
