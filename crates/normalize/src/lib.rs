//! Canonical form and identity of container image references.
//!
//! The same image is written in many ways: `nginx`, `docker.io/library/nginx:latest`,
//! `index.docker.io/nginx`, `docker-pullable://nginx@sha256:...`. Records from different sources can be joined
//! only by one way to write it. [`parse()`] finds that way, and refuses what names no image:
//!
//! ```
//! use polar_normalize::{Options, parse};
//!
//! let options = Options::default();
//! let image = parse("nginx", &options)?;
//! assert_eq!(image.tag_form().as_deref(), Some("docker.io/library/nginx:latest"));
//! assert_eq!(image.primary_uuid().to_string(), "a45929bc-5b80-59c9-a61c-28467e37dc8b");
//! assert!(image.tag_defaulted() && image.registry_defaulted());
//!
//! let image = parse("Registry.Example.COM:443/team/app:1.0-RC1", &options)?;
//! assert_eq!(image.primary(), "registry.example.com/team/app:1.0-rc1");
//! assert_eq!(image.tag(), Some("1.0-RC1"));
//!
//! let error = parse("$CI_REGISTRY_IMAGE:latest", &options).unwrap_err();
//! assert_eq!(error.code(), "unexpanded-variable");
//! # Ok::<(), polar_normalize::Error>(())
//! ```
//!
//! # Forms
//!
//! | form | shape | there is one |
//! |---|---|---|
//! | [`tag_form`](ImageRef::tag_form) | `registry/repository:tag`, lower case | with a tag, or with neither tag nor digest (`latest`) |
//! | [`digest_form`](ImageRef::digest_form) | `registry/repository@digest` | with a digest |
//! | [`primary`](ImageRef::primary) | the digest form, else the tag form | always |
//!
//! No form is ever `registry/repository:tag@digest`. Each form parses back to itself, and has a version 5 UUID:
//! namespace URL, name = the bytes of the form.
//!
//! # Checks
//!
//! In this order; the first that fails gives the error, with its code, the byte where it failed, and a way out.
//! Nothing is ever trimmed.
//!
//! | | check | [`Error::code`] |
//! |---|---|---|
//! | 1 | the empty string | `empty` |
//! | 2 | `$` or `{{` anywhere | `unexpanded-variable` |
//! | 3 | a byte of 0x80 or above ([`parse_bytes`] takes any) | `non-ascii` |
//! | 4 | a byte of 0x20 or below, or 0x7f | `invalid-character` |
//! | 5 | `docker://`, `docker-pullable://` and `oci://`, in any case, are taken off, once; another (RFC 3986 `scheme://`), or a second | `unsupported-scheme` |
//! |   | nothing after it | `empty` |
//! | 6 | `docker-archive`, `oci-archive`, `docker-daemon`, `containers-storage`, `oci`, `dir`, `sif`, `ostree` or `tarball`, and `:`, unless digits and `/` follow (a host and its port) | `local-transport` |
//! | 7 | 64 lower-case hex digits, or a whole sha256, sha384 or sha512 digest, and nothing else | `digest-only`, with [`Error::digest`] |
//! |   | 64 hex digits with upper case; `sha256:`, `sha384:` or `sha512:` followed by anything else without a `/` | `invalid-digest` |
//! | 8 | cut at the first `@`, then at the last `:` after the last `/`: `[` without a `/`, or no name left | `missing-repository` |
//! | 9 | the first component is a registry if a `/` follows and it has a `.` or a `:`, is `localhost`, or starts with `[`; else the registry is `docker.io` | (`short-name`, only with [`ShortNames::Reject`]) |
//! | 10 | registry: labels of letters, digits and inner dashes joined by dots, or an IPv6 address without a zone and without IPv4 inside, in brackets; port 1 to 65535 | `invalid-registry` |
//! |   | nothing after it | `missing-repository` |
//! | 11 | `library/` is put before a single component on `docker.io`; then [aliases](AliasTable) are applied | |
//! | 12 | repository: `[a-z0-9]+((\.\|_\|__\|-+)[a-z0-9]+)*`, joined by `/` | `invalid-repository` |
//! |   | it would be valid in lower case | `uppercase-repository` |
//! |   | more than 255 characters, `library/` included | `repository-too-long` |
//! |   | `docker.io/library/scratch` | `reserved-name` |
//! | 13 | tag: `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`, after `+` became `_` under `oci://` | `invalid-tag` |
//! | 14 | digest: malformed, of a wrong length, or with upper-case hex digits | `invalid-digest` |
//! |   | well-formed, of another algorithm | `unsupported-digest` |
//! | 15 | neither tag nor digest: the tag is `latest`, but under `oci://` | `missing-tag` |
//!
//! What becomes canonical on the way: a host is lower-cased; a port loses leading zeros; port 443 is dropped
//! where the host alone still reads as a registry (`myhost:443/app` keeps it); an IPv6 address is written as
//! RFC 5952 says, as hex groups only; `index.docker.io`, `registry-1.docker.io` and `registry.hub.docker.com`
//! are `docker.io`.
//!
//! Sources: the OCI distribution and image specifications; the grammar and the normalization of
//! distribution/reference (`ParseDockerRef`), which Docker, containerd and Kubernetes use; Helm for `oci://`;
//! containers-transports(5). Where this crate is stricter or goes further, `tests/differential.rs` lists it.
//!
//! # What it does not know
//!
//! - Whether the image exists, and what a tag points to: there is no I/O here.
//! - Whether two registries are mirrors of each other, unless an [`AliasTable`] says so.
//! - Whether a bare digest, as container runtimes report it, is that of a config or of a manifest. It is
//!   refused as `digest-only`; the caller may know who wrote it.
//! - Whose `localhost` it is: see [`ImageRef::host_relative`].
//! - Punycode: a host with non-ASCII letters must come as `xn--`.
#![forbid(unsafe_code)]

mod alias;
mod class;
mod digest;
mod error;
mod identity;
mod marks;
mod name;
mod options;
mod parse;
mod reference;
mod registry;
mod repository;
mod scheme;

pub use alias::AliasTable;
pub use error::{Code, Error};
pub use options::{Options, ShortNames};
pub use parse::{parse, parse_bytes};
pub use reference::ImageRef;
/// The type of the UUIDs, re-exported.
pub use uuid::Uuid;
