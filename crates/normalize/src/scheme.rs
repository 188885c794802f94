//! What comes before a reference: schemes, which are taken off, and local transports, which are refused.

use crate::error::{Code, Error};
use crate::marks::Marks;

/// What the scheme says about the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// None, `docker://` or `docker-pullable://`.
    Image,
    /// `oci://`, Helm's: a `+` in the tag stands for `_`, and a version must be named.
    Helm,
}

/// Takes one scheme off; gives what is left, `None` if there is no scheme.
#[inline]
pub(crate) fn strip<'a>(text: &'a str, marks: &Marks) -> Result<Option<(Scheme, &'a str)>, Error> {
    // Decides at once for nearly every reference.
    match (marks.first_colon, marks.first_slash) {
        (Some(colon), Some(slash)) if colon + 1 == slash => {}
        _ => return Ok(None),
    }
    let Some((name, rest)) = split(text) else {
        return Ok(None);
    };
    let scheme = if name.eq_ignore_ascii_case("oci") {
        Scheme::Helm
    } else if name.eq_ignore_ascii_case("docker") || name.eq_ignore_ascii_case("docker-pullable") {
        Scheme::Image
    } else {
        return Err(Error::at(Code::UnsupportedScheme, 0, "unsupported scheme"));
    };
    let start = text.len() - rest.len();
    if rest.is_empty() {
        return Err(Error::at(Code::Empty, start, "nothing after the scheme"));
    }
    if split(rest).is_some() {
        return Err(Error::at(Code::UnsupportedScheme, start, "a second scheme"));
    }
    Ok(Some((scheme, rest)))
}

/// `scheme "://" rest`, the scheme as RFC 3986 section 3.1 has it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (name, rest) = text.split_once("://")?;
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    valid.then_some((name, rest))
}

/// Refuses `transport:...`, unless what follows makes it `host:port/`.
///
/// The transports are those of containers-transports(5) that name something on the host. `docker:` is none
/// of them: `docker:24-dind` is an image.
#[inline]
pub(crate) fn refuse_local(text: &str, marks: &Marks) -> Result<(), Error> {
    let Some(colon) = marks.first_colon else {
        return Ok(());
    };
    let ("docker-archive" | "oci-archive" | "docker-daemon" | "containers-storage" | "oci" | "dir"
    | "sif" | "ostree" | "tarball") = &text[..colon]
    else {
        return Ok(());
    };
    let rest = &text[colon + 1..];
    let after_digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    if after_digits.len() < rest.len() && after_digits.starts_with('/') {
        return Ok(());
    }
    Err(Error::at(Code::LocalTransport, 0, "local transport"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemes() {
        let check = |text: &str, expected: Result<Option<(Scheme, &str)>, (Code, usize)>| {
            let marks = Marks::of(text.as_bytes()).unwrap();
            let found =
                strip(text, &marks).map_err(|error| (error.kind(), error.offset().unwrap()));
            assert_eq!(found, expected, "{text}");
        };
        check("a/b", Ok(None));
        check("Docker://a", Ok(Some((Scheme::Image, "a"))));
        check("DOCKER-pullable://a", Ok(Some((Scheme::Image, "a"))));
        check("OCI://a/b", Ok(Some((Scheme::Helm, "a/b"))));
        check("oci:/a", Ok(None));
        check("a/b://c", Ok(None));
        check("a@b://c", Ok(None));
        check("://c", Ok(None));
        check("oci://", Err((Code::Empty, 6)));
        check("https://a", Err((Code::UnsupportedScheme, 0)));
        check("docker://docker://a", Err((Code::UnsupportedScheme, 9)));
        check("docker://http://a", Err((Code::UnsupportedScheme, 9)));
    }

    #[test]
    fn transports() {
        let refused = |text: &str| refuse_local(text, &Marks::of(text.as_bytes()).unwrap());
        for local in [
            "oci:a",
            "oci:",
            "oci:/a",
            "oci:5000",
            "oci:5000a/b",
            "dir:x",
            "tarball:x@y",
        ] {
            assert_eq!(
                refused(local).unwrap_err().kind(),
                Code::LocalTransport,
                "{local}"
            );
        }
        for image in [
            "oci:5000/a",
            "docker:24",
            "oci",
            "oci/a:b",
            "oci@sha256:a",
            "dirs:a",
            "nginx",
        ] {
            assert_eq!(refused(image), Ok(()), "{image}");
        }
    }
}
