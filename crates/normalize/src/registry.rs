//! Registries: `host`, `host:port`, `[IPv6]` or `[IPv6]:port`, and what each is called canonically.
//!
//! Hosts are compared as DNS compares them, without case. A port is a number, so leading zeros go; 443 is
//! the port of https and goes too, but only where the host alone would still be read as a registry
//! (`myhost:443/app` must not become Docker Hub's `myhost/app`). IPv6 addresses are written as RFC 5952
//! section 4 says, always as hex groups: the mixed form of its section 5 is never read or written.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use crate::error::{Code, Error};

/// Docker Hub's canonical name.
pub(crate) const DOCKER_HUB: &str = "docker.io";

/// Whether the first component of a name, with a `/` after it, is a registry and not a part of a repository.
pub(crate) fn is_one(component: &str) -> bool {
    component.bytes().any(|b| matches!(b, b'.' | b':'))
        || component.starts_with('[')
        || component.eq_ignore_ascii_case("localhost")
}

/// A registry in canonical form, borrowed if it was already.
pub(crate) fn canonical(component: &str) -> Result<Cow<'_, str>, Error> {
    let (host, port) = split(component)?;
    let port = port.filter(|&port| port != "443" || !is_one(&host));
    Ok(match (host, port) {
        (host, None) => hub_alias(&host).map_or(host, Cow::Borrowed),
        (Cow::Borrowed(host), Some(port)) if host.len() + 1 + port.len() == component.len() => {
            Cow::Borrowed(component)
        }
        (host, Some(port)) => Cow::Owned(format!("{host}:{port}")),
    })
}

/// Docker Hub's one name, for its others.
pub(crate) fn hub_alias(registry: &str) -> Option<&'static str> {
    matches!(
        registry,
        "index.docker.io" | "registry-1.docker.io" | "registry.hub.docker.com"
    )
    .then_some(DOCKER_HUB)
}

/// The canonical host, and the port without leading zeros.
fn split(component: &str) -> Result<(Cow<'_, str>, Option<&str>), Error> {
    let (host, rest) = if component.starts_with('[') {
        let end = component
            .find(']')
            .ok_or_else(|| invalid(0, "no ] after the IPv6 address"))?;
        let host = ipv6(&component[1..end]).map_err(|error| error.shift(1))?;
        (Cow::Owned(host), &component[end + 1..])
    } else {
        let end = component.find(':').unwrap_or(component.len());
        (dns(&component[..end])?, &component[end..])
    };
    let port_at = component.len() - rest.len();
    match rest.strip_prefix(':') {
        _ if rest.is_empty() => Ok((host, None)),
        None => Err(invalid(port_at, "something other than a port after ]")),
        Some(digits) => match port(digits) {
            Ok(port) => Ok((host, Some(port))),
            Err(error) => Err(error.shift(port_at + 1)),
        },
    }
}

/// What belongs before a repository on this registry: `library/` for a single component on Docker Hub.
pub(crate) fn library_prefix(registry: &str, repository: &str) -> &'static str {
    if registry == DOCKER_HUB && !repository.contains('/') {
        "library/"
    } else {
        ""
    }
}

/// Whether a canonical registry means another machine on each machine that reads it.
pub(crate) fn is_host_relative(registry: &str) -> bool {
    ["localhost", "127.0.0.1", "[::1]"].iter().any(|host| {
        registry
            .strip_prefix(host)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

fn invalid(at: usize, what: &'static str) -> Error {
    Error::at(Code::InvalidRegistry, at, what)
}

/// Labels of letters, digits and inner dashes, joined by dots: DNS names, and IPv4 addresses with them.
fn dns(host: &str) -> Result<Cow<'_, str>, Error> {
    let mut upper = false;
    let mut before = b'.';
    for (at, b) in host.bytes().enumerate() {
        match b {
            b'a'..=b'z' | b'0'..=b'9' => {}
            b'A'..=b'Z' => upper = true,
            b'-' if before != b'.' => {}
            b'-' => return Err(invalid(at, "a label of the host starts with a dash")),
            b'.' if before == b'.' => return Err(invalid(at, "empty label in the host")),
            b'.' if before == b'-' => {
                return Err(invalid(at - 1, "a label of the host ends with a dash"));
            }
            b'.' => {}
            b'_' => return Err(invalid(at, "underscore in the host")),
            _ => return Err(invalid(at, "invalid character in the host")),
        }
        before = b;
    }
    match before {
        _ if host.is_empty() => Err(invalid(0, "empty host")),
        b'.' => Err(invalid(host.len() - 1, "the host ends with a dot")),
        b'-' => Err(invalid(host.len() - 1, "the host ends with a dash")),
        _ if upper => Ok(Cow::Owned(host.to_ascii_lowercase())),
        _ => Ok(Cow::Borrowed(host)),
    }
}

fn port(digits: &str) -> Result<&str, Error> {
    if digits.is_empty() {
        return Err(invalid(0, "no port after the colon"));
    }
    if let Some(at) = digits.bytes().position(|b| !b.is_ascii_digit()) {
        return Err(invalid(at, "the port is not a number"));
    }
    let number = digits.trim_start_matches('0');
    match number.parse::<u16>() {
        Ok(_) => Ok(number),
        Err(_) if number.is_empty() => Err(invalid(0, "port 0")),
        Err(_) => Err(invalid(0, "the port is above 65535")),
    }
}

/// The address between the brackets, canonical and in brackets.
fn ipv6(text: &str) -> Result<String, Error> {
    let strange = |b: u8| !(b.is_ascii_hexdigit() || b == b':');
    match text.bytes().position(strange) {
        Some(at) if text.as_bytes()[at] == b'%' => Err(invalid(
            at,
            "zone in the IPv6 address: it means something on one host only",
        )),
        Some(at) if text.as_bytes()[at] == b'.' => Err(invalid(
            at,
            "IPv4 inside the IPv6 address: write it as hex groups",
        )),
        Some(at) => Err(invalid(at, "invalid character in the IPv6 address")),
        None => match text.parse::<Ipv6Addr>() {
            Ok(address) => Ok(hex_groups(address.segments())),
            Err(_) => Err(invalid(0, "not an IPv6 address")),
        },
    }
}

/// RFC 5952 section 4. Not `Ipv6Addr`'s own display: that writes `::ffff:1.2.3.4` for mapped addresses.
fn hex_groups(groups: [u16; 8]) -> String {
    use std::fmt::Write;

    let (start, end) = longest_zeros(groups);
    let mut out = String::with_capacity("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]".len());
    out.push('[');
    for (at, group) in groups.iter().enumerate() {
        if at == start && end > start {
            out.push_str("::");
        } else if at < start || at >= end {
            if at != 0 && at != end {
                out.push(':');
            }
            // Writing to a String cannot fail.
            let _ = write!(out, "{group:x}");
        }
    }
    out.push(']');
    out
}

/// The first of the longest runs of two or more zero groups; `(8, 8)` if there is none.
fn longest_zeros(groups: [u16; 8]) -> (usize, usize) {
    let mut best = (8, 8);
    let mut start = 0;
    for (at, &group) in groups.iter().enumerate() {
        if group != 0 {
            start = at + 1;
        } else if at + 1 - start > (best.1 - best.0).max(1) {
            best = (start, at + 1);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Cow<'_, str>, usize> {
        canonical(text).map_err(|error| {
            assert_eq!(error.kind(), Code::InvalidRegistry);
            error.offset().unwrap()
        })
    }

    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(found(text).as_deref(), Ok(expected), "{text}");
        assert!(
            matches!(found(expected), Ok(again) if again == expected),
            "{text}"
        );
    }

    #[test]
    fn hosts_and_ports() {
        check("Registry.Example.COM", "registry.example.com");
        check("r.example.com:443", "r.example.com");
        check("r.example.com:00443", "r.example.com");
        check("r.example.com:0080", "r.example.com:80");
        check("r.example.com:65535", "r.example.com:65535");
        check("LOCALHOST:443", "localhost");
        check("myhost:0443", "myhost:443");
        check("[::1]:443", "[::1]");
        check("index.docker.io:443", "docker.io");
        check("Registry-1.Docker.io", "docker.io");
        check("registry.hub.docker.com", "docker.io");
        check("index.docker.io:5000", "index.docker.io:5000");
    }

    #[test]
    fn refused_with_the_place() {
        for (text, at) in [
            ("", 0),
            (":5000", 0),
            (".", 0),
            ("a.", 1),
            (".a", 0),
            ("a..b", 2),
            ("a.-b", 2),
            ("a-.b", 1),
            ("a.b-", 3),
            ("a_b.c", 1),
            ("a.b:", 4),
            ("a.b:+5", 4),
            ("a.b:0", 4),
            ("a.b:000", 4),
            ("a.b:65536", 4),
            ("a.b:99999999999999999999", 4),
            ("a.b:5000:1", 8),
            ("fc00::1:5000", 5),
            ("[", 0),
            ("[::1", 0),
            ("[]", 1),
            ("[::1]5000", 5),
            ("[::1]:", 6),
            ("[::1%eth0]", 4),
            ("[::1.2.3.4]", 4),
            ("[::g]", 3),
            ("[1::2::3]", 1),
            ("[12345::]", 1),
        ] {
            assert_eq!(found(text), Err(at), "{text}");
        }
    }

    #[test]
    fn ipv6_is_hex_groups() {
        check("[2001:DB8:0:0:0:0:0:1]", "[2001:db8::1]");
        check("[0:0:0:0:0:0:0:0]", "[::]");
        check("[0:0:0:0:0:0:0:1]", "[::1]");
        check("[1:0:0:0:0:0:0:0]", "[1::]");
        check("[2001:db8:0:1:1:1:1:1]", "[2001:db8:0:1:1:1:1:1]");
        check("[2001:0:0:1:0:0:0:1]", "[2001:0:0:1::1]");
        check("[2001:db8:0:0:1:0:0:1]", "[2001:db8::1:0:0:1]");
        check("[0:1:0:0:2:0:0:0]", "[0:1:0:0:2::]");
        check("[1:2:3:4:5:6::]", "[1:2:3:4:5:6::]");
        check("[::2:3:4:5:6:7:8]", "[0:2:3:4:5:6:7:8]");
        check("[::ffff:7f00:1]", "[::ffff:7f00:1]");
        check("[::ffff:0:0]", "[::ffff:0:0]");
    }

    #[test]
    fn host_relative() {
        for yes in [
            "localhost",
            "localhost:5000",
            "127.0.0.1",
            "127.0.0.1:80",
            "[::1]",
            "[::1]:1",
        ] {
            assert!(is_host_relative(yes), "{yes}");
        }
        for no in [
            "localhost.example.com",
            "127.0.0.10",
            "127.0.0.1.nip.io",
            "[::1:1]",
            "docker.io",
        ] {
            assert!(!is_host_relative(no), "{no}");
        }
    }
}
