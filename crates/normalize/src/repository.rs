//! Repositories and tags: the two grammars of the OCI distribution specification.

use crate::class;
use crate::error::{Code, Error};

const MAX_TAG: usize = 128;

/// Checks `component ("/" component)*`, each `[a-z0-9]+ (("." | "_" | "__" | "-"+) [a-z0-9]+)*`.
///
/// An upper-case letter counts as the lower-case one for the grammar, and is reported only if nothing
/// else is wrong: the advice "write it in lower case" must then be enough.
#[inline]
pub(crate) fn check(repository: &str) -> Result<(), Error> {
    match class::look(repository, &class::REPOSITORY) & !class::DOT {
        0 => Ok(()),
        _ => check_exactly(repository),
    }
}

/// Upper case, separators of two and more characters, and what is wrong.
fn check_exactly(repository: &str) -> Result<(), Error> {
    let bytes = repository.as_bytes();
    let mut upper = None;
    // Whether a letter or digit came just before: only then may a separator follow.
    let mut open = false;
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let step = match CLASS[usize::from(b)] {
            Class::Lower => {
                open = true;
                at += 1;
                continue;
            }
            Class::Upper => {
                upper = upper.or(Some(at));
                open = true;
                at += 1;
                continue;
            }
            Class::Single => 1,
            Class::Underscore => 1 + usize::from(bytes.get(at + 1) == Some(&b'_')),
            Class::Dash => bytes[at..].iter().take_while(|&&b| b == b'-').count(),
            Class::Other => return Err(invalid(at, "invalid character in the repository")),
        };
        if !open {
            return Err(misplaced(bytes, at));
        }
        open = false;
        at += step;
    }
    if !open {
        return Err(match bytes.last() {
            Some(b'/') | None => invalid(at, "empty component at the end of the repository"),
            Some(_) => invalid(at - 1, "separator at the end of the repository"),
        });
    }
    match upper {
        Some(at) => Err(Error::at(
            Code::UppercaseRepository,
            at,
            "upper-case letter in the repository",
        )),
        None => Ok(()),
    }
}

#[cold]
fn misplaced(bytes: &[u8], at: usize) -> Error {
    let after_slash = at == 0 || bytes[at - 1] == b'/';
    invalid(
        at,
        match (bytes[at], after_slash) {
            (b'/', true) => "empty component in the repository",
            (b'/', false) => "separator at the end of a component of the repository",
            (_, true) => "separator at the start of a component of the repository",
            (_, false) => "two separators in a row in the repository",
        },
    )
}

fn invalid(at: usize, what: &'static str) -> Error {
    Error::at(Code::InvalidRepository, at, what)
}

/// Checks `[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}`; says whether there is an upper-case letter in it.
#[inline]
pub(crate) fn check_tag(tag: &str) -> Result<bool, Error> {
    let invalid = |at, what| Err(Error::at(Code::InvalidTag, at, what));
    let mut upper = false;
    for (at, b) in tag.bytes().enumerate() {
        match CLASS[usize::from(b)] {
            Class::Lower | Class::Underscore => {}
            Class::Upper => upper = true,
            _ if !matches!(b, b'.' | b'-') => {
                return invalid(at, "invalid character in the tag");
            }
            _ if at == 0 => return invalid(at, "the tag starts with a separator"),
            _ => {}
        }
    }
    match tag.len() {
        0 => invalid(0, "empty tag"),
        1..=MAX_TAG => Ok(upper),
        _ => invalid(MAX_TAG, "tag longer than 128 characters"),
    }
}

#[derive(Clone, Copy)]
enum Class {
    Lower,
    Upper,
    /// `.` and `/`, never two in a row.
    Single,
    Underscore,
    Dash,
    Other,
}

static CLASS: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut b = 0;
    while b < table.len() {
        // Only ASCII is looked at; the rest stays `Other`.
        table[b] = match b as u8 {
            b'a'..=b'z' | b'0'..=b'9' => Class::Lower,
            b'A'..=b'Z' => Class::Upper,
            b'.' | b'/' => Class::Single,
            b'_' => Class::Underscore,
            b'-' => Class::Dash,
            _ => Class::Other,
        };
        b += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    fn found(result: Result<(), Error>) -> Option<(Code, usize)> {
        result
            .err()
            .map(|error| (error.kind(), error.offset().unwrap()))
    }

    #[test]
    fn repositories() {
        for valid in ["a", "a/b/c", "a.b_c__d-e---f", "0/9", "a-b/c_d"] {
            assert_eq!(found(check(valid)), None, "{valid}");
        }
        for (text, at) in [
            ("", 0),
            ("/a", 0),
            ("a/", 2),
            ("a//b", 2),
            ("a..b", 2),
            ("a.-b", 2),
            ("a-.b", 2),
            ("a_-b", 2),
            ("a___b", 3),
            ("-a", 0),
            ("a-", 1),
            ("a--", 2),
            ("a-/b", 2),
            ("a/_b", 2),
            ("a:b", 1),
            ("A/b c", 3),
        ] {
            assert_eq!(
                found(check(text)),
                Some((Code::InvalidRepository, at)),
                "{text}"
            );
        }
        assert_eq!(found(check("aB/C")), Some((Code::UppercaseRepository, 1)));
        assert_eq!(found(check("B/C-")), Some((Code::InvalidRepository, 3)));
    }

    #[test]
    fn tags() {
        let check = |tag: &str| check_tag(tag).map_err(|error| error.offset().unwrap());
        assert_eq!(check("_1.2-x"), Ok(false));
        assert_eq!(check("v1-RC"), Ok(true));
        assert_eq!(check(&"a".repeat(128)), Ok(false));
        assert_eq!(check(&"a".repeat(129)), Err(128));
        for (text, at) in [("", 0), (".a", 0), ("-a", 0), ("a+b", 1), ("a/b", 1)] {
            assert_eq!(check(text), Err(at), "{text}");
        }
    }
}
