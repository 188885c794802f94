//! Patterns in policies.

/// Whether a text is what a pattern says: `*` stands for any characters, also for none and for `/`;
/// everything else for itself.
pub(super) fn fits(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(first) else {
        return false;
    };
    let mut parts: Vec<_> = rest.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    // The earliest place for each part leaves the most for those after it.
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(last)
}

/// Whether one of the patterns fits.
pub(super) fn any_fits(patterns: &[String], text: &str) -> bool {
    patterns.iter().any(|pattern| fits(pattern, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text) in [
            ("main", "main"),
            ("*", ""),
            ("*", "a/b"),
            ("v*", "v1.2"),
            ("release/*", "release/1/2"),
            ("*-amd64", "runner-amd64"),
            ("a*b*c", "abbcc"),
            ("a**b", "ab"),
            ("a*ba", "aba"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("main", "main2"),
            ("main", "Main"),
            ("", "a"),
            ("v*", "av"),
            ("*b", "bc"),
            ("aba*aba", "aba"),
            ("a*b*c", "acb"),
            ("a.c", "abc"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }
}
