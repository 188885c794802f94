//! Two other parsers on the vectors: where they differ from ours, and why. A difference that is not listed
//! fails, and so does a listed one that does not occur.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use std::collections::BTreeSet;

use container_image_dist_ref::ImgRef;
use oci_spec::distribution::Reference;
use polar_normalize::{Options, parse};

/// What a parser makes of a reference: its primary form in lower case, or nothing.
type Form = Option<String>;

struct Difference {
    name: &'static str,
    /// Why ours does otherwise; numbers are those of the checks in the crate's documentation.
    reason: &'static str,
    /// Whether this input shows it; the second argument is our error code, if any.
    shows: fn(&str, Option<&str>) -> bool,
}

const BOTH: [Difference; 7] = [
    Difference {
        name: "scheme",
        reason: "5: container runtimes and Helm write a scheme before the reference",
        shows: |input, error| input.contains("://") && error.is_none(),
    },
    Difference {
        name: "local transport",
        reason: "6: `oci-archive:img.tar` is a file, no repository named oci-archive",
        shows: |_, error| error == Some("local-transport"),
    },
    Difference {
        name: "digest only",
        reason: "7: a bare digest names no repository",
        shows: |_, error| error == Some("digest-only"),
    },
    Difference {
        name: "truncated bare digest",
        reason: "7: `sha256:abc123` is a cut digest, no tag of a repository named sha256",
        shows: |input, error| input.starts_with("sha256:") && error == Some("invalid-digest"),
    },
    Difference {
        name: "registry",
        reason: "10: no host has an underscore, no port is above 65535",
        shows: |_, error| error == Some("invalid-registry"),
    },
    Difference {
        name: "Docker Hub's hosts and port 443",
        reason: "10: these hosts serve docker.io, and 443 is the port of https",
        shows: |input, error| {
            let hosts = [
                "registry-1.docker.io/",
                "registry.hub.docker.com/",
                "index.docker.io/",
            ];
            error.is_none()
                && (hosts.iter().any(|host| input.starts_with(host)) || input.contains(":443/"))
        },
    },
    Difference {
        name: "scratch",
        reason: "12: it is the empty image, and no registry has it",
        shows: |_, error| error == Some("reserved-name"),
    },
];

const OCI_SPEC: [Difference; 4] = [
    Difference {
        name: "IPv6",
        reason: "10: the reference grammar has IPv6 hosts in brackets",
        shows: |input, error| input.starts_with('[') && error.is_none(),
    },
    Difference {
        name: "upper case in a digest",
        reason: "14: hex digits of a digest are lower case (OCI image specification)",
        shows: |input, error| {
            let digest = input.split_once('@').map(|(_, digest)| digest);
            error == Some("invalid-digest")
                && digest.is_some_and(|digest| digest.contains(|c: char| c.is_ascii_uppercase()))
        },
    },
    Difference {
        name: "upper case in a repository",
        reason: "12: repositories are lower case",
        shows: |_, error| error == Some("uppercase-repository"),
    },
    Difference {
        name: "LOCALHOST",
        reason: "9: host names have no case",
        shows: |input, error| input.starts_with("LOCALHOST/") && error.is_none(),
    },
];

const DIST_REF: [Difference; 5] = [
    Difference {
        name: "algorithms",
        reason: "14: only sha256, sha384 and sha512 are registered",
        shows: |_, error| error == Some("unsupported-digest"),
    },
    Difference {
        name: "upper-case first component",
        reason: "9: without dot, colon or localhost it is no registry, and repositories are lower case",
        shows: |_, error| error == Some("uppercase-repository"),
    },
    Difference {
        name: "LOCALHOST",
        reason: "9: host names have no case",
        shows: |input, error| input.starts_with("LOCALHOST/") && error.is_none(),
    },
    Difference {
        name: "IPv6 in full",
        reason: "10: one address has one form (RFC 5952)",
        shows: |input, error| input.starts_with("[2001:DB8:0:0") && error.is_none(),
    },
    Difference {
        name: "length",
        reason: "12: 255 characters are the repository's, the registry not included",
        shows: |input, error| input.len() > 255 && error.is_none(),
    },
];

fn inputs() -> Vec<String> {
    let text = include_str!("vectors/image-references.tsv");
    let fields = text
        .lines()
        .skip(1)
        .map(|line| line.split('\t').next().unwrap());
    fields
        .map(|field| {
            if field == "\\e" {
                String::new()
            } else {
                field.replace("\\t", "\t")
            }
        })
        .collect()
}

/// A name and its parts with Docker's defaults.
fn form(registry: Option<&str>, path: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let (registry, path) = match registry {
        Some(host) if host.contains(['.', ':']) || host == "localhost" => (host, path.to_owned()),
        Some(namespace) => ("docker.io", format!("{namespace}/{path}")),
        None => ("docker.io", path.to_owned()),
    };
    let library = if registry == "docker.io" && !path.contains('/') {
        "library/"
    } else {
        ""
    };
    let end = match digest {
        Some(digest) => format!("@{digest}"),
        None => format!(":{}", tag.unwrap_or("latest")),
    };
    format!("{registry}/{library}{path}{end}").to_ascii_lowercase()
}

fn oci_spec(input: &str) -> Form {
    let image: Reference = input.parse().ok()?;
    Some(form(
        Some(image.registry()),
        image.repository(),
        image.tag(),
        image.digest(),
    ))
}

fn dist_ref(input: &str) -> Form {
    let image = ImgRef::new(input).ok()?;
    let (domain, path) = (image.domain(), image.path());
    let domain = domain.as_ref().map(|domain| domain.to_str());
    let digest = image.digest().map(|digest| digest.to_str());
    Some(form(domain, path.to_str(), image.tag(), digest))
}

fn check(theirs: fn(&str) -> Form, own: &[Difference]) {
    let mut unlisted = Vec::new();
    let mut seen = BTreeSet::new();
    for input in inputs() {
        let ours = parse(&input, &Options::default());
        let error = ours.as_ref().err().map(polar_normalize::Error::code);
        let ours = ours.ok().map(|image| image.primary().into_owned());
        let theirs = theirs(&input);
        if ours == theirs {
            continue;
        }
        let listed = BOTH
            .iter()
            .chain(own)
            .find(|listed| (listed.shows)(&input, error));
        match listed {
            Some(listed) => {
                seen.insert(listed.name);
            }
            None => unlisted.push(format!(
                "{input}: ours {ours:?} {error:?}, theirs {theirs:?}"
            )),
        }
    }
    assert!(unlisted.is_empty(), "{}", unlisted.join("\n"));
    for listed in BOTH.iter().chain(own) {
        let Difference { name, reason, .. } = listed;
        assert!(seen.contains(name), "no vector shows `{name}` ({reason})");
    }
}

#[test]
fn against_oci_spec() {
    check(oci_spec, &OCI_SPEC);
}

#[test]
fn against_container_image_dist_ref() {
    check(dist_ref, &DIST_REF);
}
