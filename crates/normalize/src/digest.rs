//! Digests: `algorithm:encoded`, of the three registered algorithms.
//!
//! The grammar is that of the OCI image specification (descriptor.md, "Digests"); that hex digits are
//! lower-case is its rule for the registered algorithms.

use crate::error::{Code, Error};

const PREFIXES: [&str; 3] = ["sha256:", "sha384:", "sha512:"];

/// Whether a digest of a registered algorithm starts here, whole or not.
pub(crate) fn starts(text: &str) -> bool {
    text.starts_with("sha") && PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// Checks what follows `@`.
pub(crate) fn check(digest: &str) -> Result<(), Error> {
    let Some((algorithm, encoded)) = digest.split_once(':') else {
        return Err(invalid(0, "no algorithm in the digest"));
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return Err(unregistered(algorithm, encoded)),
    };
    // Not a short-circuiting search: this form compiles to vector code, and nearly every digest is valid.
    let all_hex = encoded.bytes().fold(true, |ok, b| ok & is_hex(b));
    if all_hex && encoded.len() == length {
        return Ok(());
    }
    let start = algorithm.len() + 1;
    Err(match encoded.bytes().position(|b| !is_hex(b)) {
        Some(at) if encoded.as_bytes()[at].is_ascii_uppercase() => {
            invalid(start + at, "upper-case letter in the digest")
        }
        Some(at) => invalid(start + at, "not a hex digit in the digest"),
        None => invalid(start, "wrong number of hex digits in the digest"),
    })
}

/// The digest that `text` consists of, if rule 7 takes it for one: `None` if it is no digest at all.
pub(crate) fn alone(text: &str) -> Option<Error> {
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Some(match text.bytes().position(|b| b.is_ascii_uppercase()) {
            Some(at) => invalid(at, "upper-case letter in the digest"),
            None => only(&format!("sha256:{text}")),
        });
    }
    if !starts(text) || text.contains('/') {
        return None;
    }
    Some(match check(text) {
        Ok(()) => only(text),
        Err(error) => error,
    })
}

fn only(digest: &str) -> Error {
    Error::at(Code::DigestOnly, 0, "a digest without a repository").with_digest(digest)
}

fn is_hex(b: u8) -> bool {
    b.is_ascii_digit() | (b'a'..=b'f').contains(&b)
}

fn invalid(at: usize, what: &'static str) -> Error {
    Error::at(Code::InvalidDigest, at, what)
}

/// `algorithm ::= [a-z0-9]+ ([+._-] [a-z0-9]+)*`, `encoded ::= [a-zA-Z0-9=_-]+`.
fn unregistered(algorithm: &str, encoded: &str) -> Error {
    let component = |c: &str| {
        !c.is_empty()
            && c.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if !algorithm.split(['+', '.', '_', '-']).all(component) {
        return invalid(0, "malformed algorithm in the digest");
    }
    let strange = |b: u8| !(b.is_ascii_alphanumeric() || matches!(b, b'=' | b'_' | b'-'));
    match encoded.bytes().position(strange) {
        Some(at) => invalid(algorithm.len() + 1 + at, "invalid character in the digest"),
        None if encoded.is_empty() => invalid(algorithm.len() + 1, "nothing after the algorithm"),
        None => Error::at(Code::UnsupportedDigest, 0, "unknown digest algorithm"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(digest: &str) -> Option<(&'static str, Option<usize>)> {
        check(digest)
            .err()
            .map(|error| (error.code(), error.offset()))
    }

    #[test]
    fn lengths() {
        for (algorithm, length) in [("sha256", 64), ("sha384", 96), ("sha512", 128)] {
            let of = |n: usize| format!("{algorithm}:{}", "a".repeat(n));
            assert_eq!(code(&of(length)), None);
            for wrong in [0, 1, length - 1, length + 1] {
                assert_eq!(code(&of(wrong)), Some(("invalid-digest", Some(7))));
            }
        }
    }

    #[test]
    fn other_algorithms() {
        assert_eq!(code("blake3:aZ0=_-"), Some(("unsupported-digest", Some(0))));
        assert_eq!(
            code("sha256+b64u.x:abc"),
            Some(("unsupported-digest", Some(0)))
        );
        for malformed in [
            "SHA256:ab",
            ":ab",
            "a..b:ab",
            "+a:ab",
            "md5:",
            "md5:a:b",
            "md5",
            "",
        ] {
            assert_eq!(
                code(malformed).map(|c| c.0),
                Some("invalid-digest"),
                "{malformed}"
            );
        }
    }

    #[test]
    fn alone_carries_the_digest() {
        let hex = "0123456789abcdef".repeat(4);
        let whole = format!("sha256:{hex}");
        for text in [&hex, &whole] {
            let error = alone(text).unwrap();
            assert_eq!(error.kind(), Code::DigestOnly);
            assert_eq!(error.digest(), Some(whole.as_str()));
        }
        for text in [
            &hex.to_uppercase(),
            "sha256:abc",
            "sha512:latest",
            "sha384:",
        ] {
            assert_eq!(alone(text).unwrap().kind(), Code::InvalidDigest, "{text}");
        }
        for text in ["sha256:5000/app", "sha256", "sha1:abc", &hex[1..], "nginx"] {
            assert_eq!(alone(text), None, "{text}");
        }
    }
}
