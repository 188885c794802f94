//! Byte classes: a quick look that settles the usual host and repository.
//!
//! Both grammars are runs of lower-case letters and digits with separators between them. [`look`] goes over
//! the bytes without branching on them. A host or repository it finds nothing in is valid and canonical;
//! anything else is not yet wrong, and goes through the exact checks.

/// A separator at the start, at the end, or after another.
pub(crate) const MISPLACED: u8 = 0b0001;
/// A dot.
pub(crate) const DOT: u8 = 0b0010;
/// A byte that is neither a separator nor a lower-case letter or digit.
pub(crate) const OTHER: u8 = 0b0100;

const SEPARATOR: u8 = MISPLACED;

/// The class of each byte in some grammar.
pub(crate) type Classes = [u8; 256];

/// `.` and `-` separate.
pub(crate) static HOST: Classes = classes(b".-");
/// `.`, `-`, `_` and `/` separate.
pub(crate) static REPOSITORY: Classes = classes(b".-_/");

/// Whatever of [`MISPLACED`], [`DOT`] and [`OTHER`] is found.
pub(crate) fn look(text: &str, classes: &Classes) -> u8 {
    let mut before = SEPARATOR;
    let mut found = 0;
    for b in text.bytes() {
        let class = classes[usize::from(b)];
        found |= (class & !SEPARATOR) | (class & before & SEPARATOR);
        before = class;
    }
    found | (before & SEPARATOR)
}

const fn classes(separators: &[u8]) -> Classes {
    let mut classes = [OTHER; 256];
    let mut b = 0;
    while b < 256 {
        if matches!(b as u8, b'a'..=b'z' | b'0'..=b'9') {
            classes[b] = 0;
        }
        b += 1;
    }
    let mut at = 0;
    while at < separators.len() {
        classes[separators[at] as usize] = SEPARATOR;
        at += 1;
    }
    classes[b'.' as usize] = SEPARATOR | DOT;
    classes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks() {
        for (text, found) in [
            ("", MISPLACED),
            ("a", 0),
            ("a-b", 0),
            ("a.b-c.d", DOT),
            ("a..b", DOT | MISPLACED),
            ("a--b", MISPLACED),
            (".a", DOT | MISPLACED),
            ("a-", MISPLACED),
            ("a_b", OTHER),
            ("A.b", OTHER | DOT),
            ("a:5", OTHER),
        ] {
            assert_eq!(look(text, &HOST), found, "{text}");
        }
        assert_eq!(look("a_b/c.d-e", &REPOSITORY), DOT);
        assert_eq!(look("a//b", &REPOSITORY), MISPLACED);
        assert_eq!(look("a:b", &REPOSITORY), OTHER);
    }
}
