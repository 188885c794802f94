//! What is wrong with a rule file.

use std::fmt;

/// A reason why a rule is refused, at its place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub hint: String,
}

/// A rule file that is refused, with all that is wrong with it.
#[derive(Debug, Clone, thiserror::Error, PartialEq)]
#[error("{}", .problems.iter().map(|problem| format!("rule {rule}, {problem}")).collect::<Vec<_>>().join("\n"))]
pub struct RuleError {
    /// The rule's name.
    pub rule: String,
    /// What is wrong, by line; at least one.
    pub problems: Vec<Problem>,
}

impl Problem {
    /// A problem.
    pub fn new(line: usize, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            line,
            what: what.into(),
            hint: hint.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, what, hint } = self;
        write!(f, "line {line}: {what}; {hint}")
    }
}

/// What is wrong at a place of a text, of which `at` is a part.
#[derive(Debug, PartialEq)]
pub(crate) struct Fault<'a> {
    pub(crate) at: &'a str,
    pub(crate) what: String,
    pub(crate) hint: &'static str,
}

impl<'a> Fault<'a> {
    pub(crate) fn new(at: &'a str, what: impl Into<String>, hint: &'static str) -> Self {
        Self {
            at,
            what: what.into(),
            hint,
        }
    }

    /// The problem, its line counted from the beginning of `text`.
    pub(crate) fn within(self, text: &str) -> Problem {
        Problem::new(line_of(text, self.at), self.what, self.hint)
    }
}

/// The line of `text` at which its part `at` begins.
pub(crate) fn line_of(text: &str, at: &str) -> usize {
    let offset = at.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    1 + text.get(..offset).unwrap_or_default().matches('\n').count()
}
