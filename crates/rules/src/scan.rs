//! Just enough of Cypher's lexis to split a rule's body and to see what it must not hold.

/// The two clauses of a rule's body.
#[derive(Debug, PartialEq)]
pub(crate) struct Clauses {
    pub(crate) pattern: String,
    pub(crate) condition: String,
}

/// A word outside strings, quoted names and comments.
struct Word<'a> {
    text: &'a str,
    start: usize,
    /// Depth of `{}`, `()` and `[]` around it.
    depth: usize,
    /// Whether it is a name by its place: after `.` or `:` or `$`.
    is_name: bool,
    /// Whether it is a part of `STARTS WITH` or `ENDS WITH`.
    is_operator: bool,
}

/// Clauses that a rule's body must not hold, since it only reads and the engine adds the rest.
const REFUSED: [&str; 17] = [
    "CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "FOREACH", "CALL", "LOAD", "DROP",
    "RETURN", "WITH", "UNWIND", "UNION", "OPTIONAL", "USE", "FINISH",
];

pub(crate) fn clauses(text: &str) -> Result<Clauses, (usize, String)> {
    let body = without_comments(text);
    let line = |at: usize| 1 + body[..at].matches('\n').count();
    let words = words(&body).map_err(|(at, reason)| (line(at), reason))?;
    for word in words.iter().filter(|word| !word.is_name) {
        let upper = word.text.to_ascii_uppercase();
        if REFUSED.contains(&upper.as_str()) && !word.is_operator {
            let reason = format!("`{upper}` is not allowed: a rule is one MATCH with one WHERE");
            return Err((line(word.start), reason));
        }
    }
    let is = |word: &&Word<'_>, text: &str| {
        word.depth == 0 && !word.is_name && word.text.eq_ignore_ascii_case(text)
    };
    let matches: Vec<_> = words.iter().filter(|word| is(word, "MATCH")).collect();
    let wheres: Vec<_> = words.iter().filter(|word| is(word, "WHERE")).collect();
    let first = match matches.as_slice() {
        [first] => first,
        [] => return Err((last_line(text), "the body must begin with MATCH".to_owned())),
        [_, second, ..] => {
            let reason = "a rule has one MATCH; join patterns with a comma".to_owned();
            return Err((line(second.start), reason));
        }
    };
    if !body[..first.start].trim().is_empty() {
        return Err((
            line(first.start),
            "the body must begin with MATCH".to_owned(),
        ));
    }
    if let [_, second, ..] = wheres.as_slice() {
        return Err((
            line(second.start),
            "a rule has one WHERE; use AND".to_owned(),
        ));
    }
    let after_match = first.start + "MATCH".len();
    let (pattern, condition) = match wheres.first() {
        Some(word) => (
            &body[after_match..word.start],
            body[word.start + "WHERE".len()..].trim(),
        ),
        None => (&body[after_match..], "true"),
    };
    Ok(Clauses {
        pattern: one_line(pattern),
        condition: one_line(condition),
    })
}

/// Whether a header's expression is one, and not a clause.
pub(crate) fn expression(text: &str) -> Result<(), String> {
    let words = words(text).map_err(|(_, reason)| reason)?;
    let refused = words.iter().find(|word| {
        let upper = word.text.to_ascii_uppercase();
        !word.is_name
            && !word.is_operator
            && (REFUSED.contains(&upper.as_str()) || upper == "MATCH")
    });
    match refused {
        Some(word) => Err(format!("`{}` is not allowed in an expression", word.text)),
        None if text.trim().is_empty() => Err("it is empty".to_owned()),
        None => Ok(()),
    }
}

/// The first line of the body.
pub(crate) fn body_line(text: &str) -> usize {
    let body = without_comments(text);
    let blank = body.len() - body.trim_start().len();
    1 + body[..blank].matches('\n').count()
}

pub(crate) fn has_word(text: &str, name: &str) -> bool {
    words(text).is_ok_and(|words| words.iter().any(|word| !word.is_name && word.text == name))
}

/// A word that begins so, if there is one.
pub(crate) fn word_beginning<'a>(text: &'a str, begin: &str) -> Option<&'a str> {
    let words = words(text).unwrap_or_default();
    let found = words.iter().find(|word| word.text.starts_with(begin));
    found.map(|word| word.text)
}

/// The places of a keyword outside strings; none if the text is malformed.
pub(crate) fn places_of(text: &str, keyword: &str) -> Vec<usize> {
    let words = words(text).unwrap_or_default();
    let is = |word: &&Word<'_>| !word.is_name && word.text.eq_ignore_ascii_case(keyword);
    words.iter().filter(is).map(|word| word.start).collect()
}

/// The parts between the ANDs that stand in no brackets; the whole if an OR or XOR stands beside them.
pub(crate) fn conjuncts(text: &str) -> Vec<&str> {
    let words = words(text).unwrap_or_default();
    let is = |word: &&Word<'_>, keyword: &str| {
        word.depth == 0 && !word.is_name && word.text.eq_ignore_ascii_case(keyword)
    };
    if words
        .iter()
        .any(|word| is(&word, "OR") || is(&word, "XOR") || is(&word, "CASE"))
    {
        return vec![text.trim()];
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for word in words.iter().filter(|word| is(word, "AND")) {
        parts.push(text[from..word.start].trim());
        from = word.start + word.text.len();
    }
    parts.push(text[from..].trim());
    parts
}

/// The properties that a text names, as pairs of variable and property, each once.
pub(crate) fn properties(text: &str) -> Vec<(&str, &str)> {
    let words = words(text).unwrap_or_default();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let between = &text[pair[0].start + pair[0].text.len()..pair[1].start];
        let property = (pair[0].text, pair[1].text);
        if between == "." && !pair[0].is_name && !found.contains(&property) {
            found.push(property);
        }
    }
    found
}

pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn last_line(text: &str) -> usize {
    text.lines().count().max(1)
}

fn one_line(text: &str) -> String {
    let lines: Vec<_> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join(" ")
}

/// The text with comments blanked out, so that places stay what they are.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match quote {
            Some(open) => {
                out.push(c);
                if c == '\\' && open != '`' {
                    out.extend(chars.next());
                } else if c == open {
                    quote = None;
                }
            }
            None if c == '/' && chars.peek() == Some(&'/') => {
                out.push(' ');
                while let Some(c) = chars.next_if(|c| *c != '\n') {
                    out.extend(std::iter::repeat_n(' ', c.len_utf8()));
                }
            }
            None if c == '/' && chars.peek() == Some(&'*') => {
                out.push(' ');
                let mut last = ' ';
                for c in chars.by_ref() {
                    out.extend(match c {
                        '\n' => "\n".chars(),
                        _ => " ".chars(),
                    });
                    if last == '*' && c == '/' {
                        break;
                    }
                    last = c;
                }
            }
            None => {
                if matches!(c, '\'' | '"' | '`') {
                    quote = Some(c);
                }
                out.push(c);
            }
        }
    }
    out
}

fn words(text: &str) -> Result<Vec<Word<'_>>, (usize, String)> {
    let mut words = Vec::new();
    let mut depth = 0_usize;
    let mut before = ' ';
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        match c {
            '\'' | '"' | '`' => {
                let mut closed = false;
                while let Some((_, inner)) = chars.next() {
                    if inner == '\\' && c != '`' {
                        chars.next();
                    } else if inner == c {
                        closed = true;
                        break;
                    }
                }
                if !closed {
                    return Err((start, format!("the {c} is never closed")));
                }
            }
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| (start, format!("the {c} was never opened")))?;
            }
            ';' => return Err((start, "`;` is not allowed".to_owned())),
            _ if c.is_alphanumeric() || c == '_' => {
                let mut end = start + c.len_utf8();
                while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    end = at + c.len_utf8();
                }
                let word = &text[start..end];
                words.push(Word {
                    text: word,
                    start,
                    depth,
                    is_name: matches!(before, '.' | ':' | '$'),
                    is_operator: word.eq_ignore_ascii_case("WITH") && follows_an_end(&words),
                });
            }
            _ => {}
        }
        if !c.is_whitespace() {
            before = c;
        }
    }
    if depth > 0 {
        return Err((text.len(), "a bracket is never closed".to_owned()));
    }
    Ok(words)
}

/// Whether the last word is the first of `STARTS WITH` or `ENDS WITH`.
fn follows_an_end(words: &[Word<'_>]) -> bool {
    words.last().is_some_and(|word| {
        let is = |name| !word.is_name && word.text.eq_ignore_ascii_case(name);
        is("STARTS") || is("ENDS")
    })
}
