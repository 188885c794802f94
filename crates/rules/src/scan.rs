//! Just enough of Cypher's lexis to split a rule's body and to see what it must not hold.

use crate::problem::Fault;

/// A word outside strings and comments.
#[derive(Debug)]
pub(crate) struct Word<'a> {
    /// Without the backticks of a quoted one.
    pub(crate) text: &'a str,
    /// Depth of `{}`, `()` and `[]` around it.
    pub(crate) depth: usize,
    /// What stands before it, apart from blanks.
    pub(crate) before: char,
    /// What stands after it, apart from blanks.
    pub(crate) after: Option<char>,
    /// Whether it stands in backticks.
    pub(crate) is_quoted: bool,
    /// Whether it is a part of `STARTS WITH` or `ENDS WITH`.
    pub(crate) is_operator: bool,
    /// With the words that lead to it by dots, as in `date.truncate`.
    pub(crate) path: String,
}

impl Word<'_> {
    /// Whether it is a name by its place or its backticks, and no keyword.
    pub(crate) fn is_name(&self) -> bool {
        self.is_quoted || matches!(self.before, '.' | ':' | '$')
    }

    pub(crate) fn is_keyword(&self, keyword: &str) -> bool {
        !self.is_name() && self.text.eq_ignore_ascii_case(keyword)
    }
}

/// The words of a text without comments.
pub(crate) fn words(text: &str) -> Result<Vec<Word<'_>>, Fault<'_>> {
    let mut lexer = Lexer {
        text,
        at: 0,
        before: ' ',
        open: Vec::new(),
        words: Vec::new(),
    };
    while let Some(c) = text[lexer.at..].chars().next() {
        lexer.step(c)?;
    }
    match lexer.open.pop() {
        Some(at) => Err(Fault::new(
            &text[at..],
            format!("the {} is never closed", &text[at..=at]),
            "each bracket needs its partner",
        )),
        None => Ok(lexer.words),
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    before: char,
    /// Places of the brackets that are open.
    open: Vec<usize>,
    words: Vec<Word<'a>>,
}

impl<'a> Lexer<'a> {
    fn step(&mut self, c: char) -> Result<(), Fault<'a>> {
        let rest = &self.text[self.at..];
        let length = match c {
            '\'' | '"' => self.quoted(c)?,
            '`' => {
                let length = self.quoted(c)?;
                self.word(1, length - 1, true);
                length
            }
            _ if c.is_alphanumeric() || c == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let length = end.unwrap_or(rest.len());
                self.word(0, length, false);
                length
            }
            ';' => {
                let hint = "a rule is one statement: leave it out";
                return Err(Fault::new(rest, "`;` is not allowed", hint));
            }
            _ => {
                self.bracket(c)?;
                c.len_utf8()
            }
        };
        self.at += length;
        if !c.is_whitespace() {
            self.before = c;
        }
        Ok(())
    }

    fn bracket(&mut self, c: char) -> Result<(), Fault<'a>> {
        let rest = &self.text[self.at..];
        match c {
            '(' | '[' | '{' => self.open.push(self.at),
            ')' | ']' | '}' => {
                let hint = "each bracket needs its partner";
                let never = format!("the {c} was never opened");
                let open = self.open.pop();
                let open = open.ok_or_else(|| Fault::new(rest, never, hint))?;
                let open = &self.text[open..=open];
                if !["()", "[]", "{}"].contains(&format!("{open}{c}").as_str()) {
                    return Err(Fault::new(rest, format!("{c} closes the {open}"), hint));
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The length of what stands in quotes here, with them.
    fn quoted(&self, quote: char) -> Result<usize, Fault<'a>> {
        let rest = &self.text[self.at..];
        let mut chars = rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == '\\' && quote != '`' {
                chars.next();
            } else if c == quote {
                return Ok(at + 1);
            }
        }
        let hint = "close it on the same line";
        Err(Fault::new(
            rest,
            format!("the {quote} is never closed"),
            hint,
        ))
    }

    /// Adds the word between two places of the rest.
    fn word(&mut self, from: usize, to: usize, is_quoted: bool) {
        let text = &self.text[self.at + from..self.at + to];
        let follows = text.eq_ignore_ascii_case("WITH") && follows_an_end(&self.words);
        let path = match self.words.last() {
            Some(last) if self.before == '.' => format!("{}.{text}", last.path),
            _ => text.to_owned(),
        };
        let after = &self.text[self.at + to + usize::from(is_quoted)..];
        self.words.push(Word {
            text,
            depth: self.open.len(),
            before: self.before,
            after: after.trim_start().chars().next(),
            is_quoted,
            is_operator: follows && !is_quoted,
            path,
        });
    }
}

/// Whether the last word is the first of `STARTS WITH` or `ENDS WITH`.
fn follows_an_end(words: &[Word<'_>]) -> bool {
    let last = words.last();
    last.is_some_and(|word| word.is_keyword("STARTS") || word.is_keyword("ENDS"))
}

/// The places of a keyword outside strings; none if the text is malformed.
pub(crate) fn places_of(text: &str, keyword: &str) -> Vec<usize> {
    let words = words(text).unwrap_or_default();
    let found = words.iter().filter(|word| word.is_keyword(keyword));
    found.map(|word| place(text, word.text)).collect()
}

/// Where a part of a text begins in it.
pub(crate) fn place(text: &str, part: &str) -> usize {
    part.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// The parts between the ANDs that stand in no brackets; the whole if an OR or XOR stands beside them.
pub(crate) fn conjuncts(text: &str) -> Vec<&str> {
    let words = words(text).unwrap_or_default();
    let is = |word: &&Word<'_>, keyword: &str| word.depth == 0 && word.is_keyword(keyword);
    if words
        .iter()
        .any(|word| is(&word, "OR") || is(&word, "XOR") || is(&word, "CASE"))
    {
        return vec![text.trim()];
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for word in words.iter().filter(|word| is(word, "AND")) {
        let at = place(text, word.text);
        parts.push(text[from..at].trim());
        from = at + word.text.len();
    }
    parts.push(text[from..].trim());
    parts
}

/// The properties that a text names, as pairs of variable and property, each once.
pub(crate) fn properties(text: &str) -> Vec<(&str, &str)> {
    let words = words(text).unwrap_or_default();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let property = (pair[0].text, pair[1].text);
        if pair[1].before == '.' && !pair[0].is_name() && !found.contains(&property) {
            found.push(property);
        }
    }
    found
}

pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// On one line, without blanks at both ends of each line.
pub(crate) fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

/// The text with comments blanked out, so that places stay what they are.
pub(crate) fn without_comments(text: &str) -> String {
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
                    blank(&mut out, c);
                }
            }
            None if c == '/' && chars.peek() == Some(&'*') => {
                out.push(' ');
                let opening = chars.next();
                opening.into_iter().for_each(|c| blank(&mut out, c));
                let mut last = ' ';
                for c in chars.by_ref() {
                    blank(&mut out, c);
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

fn blank(out: &mut String, c: char) {
    if c == '\n' {
        out.push(c);
    } else {
        out.extend(std::iter::repeat_n(' ', c.len_utf8()));
    }
}

/// The text with what stands in strings blanked out.
pub(crate) fn without_strings(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '\'' | '"') => quote = Some(c),
            None => out.push(c),
        }
    }
    out
}
