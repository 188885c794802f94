//! The `//!` lines of a rule file, as TOML.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::Problem;

/// The keys that a header may have.
const KEYS: [&str; 13] = [
    "title",
    "link",
    "timeline",
    "finding",
    "confidence",
    "severity",
    "reads",
    "evidence",
    "anchor",
    "at",
    "until",
    "by",
    "before_others",
];

/// What the keys say; what is absent or wrong is empty.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) title: String,
    pub(crate) link: Option<String>,
    pub(crate) timeline: Option<String>,
    pub(crate) finding: Option<String>,
    pub(crate) confidence: Option<f64>,
    pub(crate) severity: Option<String>,
    pub(crate) reads: Vec<String>,
    pub(crate) evidence: String,
    pub(crate) anchor: Option<String>,
    pub(crate) at: Vec<String>,
    pub(crate) until: Vec<String>,
    pub(crate) by: Option<String>,
    pub(crate) before_others: bool,
    pub(crate) lines: Lines,
}

/// The line of each key.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Lines(BTreeMap<String, usize>);

impl Lines {
    /// The line of a key; the first one if it is absent.
    pub(crate) fn of(&self, key: &str) -> usize {
        self.0.get(key).copied().unwrap_or(1)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }
}

impl Header {
    /// Reads the header, and notes all that is wrong with it; none if it is no TOML.
    pub(crate) fn read(text: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        // Lines that are no header become empty, so that TOML's line numbers are the file's.
        let toml: Vec<_> = text
            .lines()
            .map(|line| line.trim_start().strip_prefix("//!").unwrap_or_default())
            .collect();
        let toml = toml.join("\n");
        let line = |at: usize| 1 + toml.get(..at).unwrap_or_default().matches('\n').count();
        let (table, errors) = DeTable::parse_recoverable(&toml);
        if !errors.is_empty() {
            problems.extend(errors.iter().map(|error| {
                let at = error.span().map_or(0, |span| span.start);
                Problem::new(
                    line(at),
                    format!("the header is no TOML: {}", error.message()),
                    "each header line is `//! key = value`, with text in double quotes",
                )
            }));
            return None;
        }
        let lines = table
            .get_ref()
            .keys()
            .map(|key| (key.get_ref().to_string(), line(key.span().start)));
        let mut reader = Reader {
            table: table.get_ref(),
            lines: Lines(lines.collect()),
            problems,
        };
        Some(reader.header())
    }
}

struct Reader<'a> {
    table: &'a DeTable<'a>,
    lines: Lines,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn header(&mut self) -> Header {
        for key in self.lines.0.keys() {
            if !KEYS.contains(&key.as_str()) {
                let hint = format!("the keys are {}", KEYS.join(", "));
                let what = format!("unknown header `{key}`");
                self.problems
                    .push(Problem::new(self.lines.of(key), what, hint));
            }
        }
        Header {
            title: self.needed("title", "\"What the rule says, in one sentence\""),
            link: self.text("link"),
            timeline: self.text("timeline"),
            finding: self.text("finding"),
            confidence: self.number("confidence"),
            severity: self.text("severity"),
            reads: self.reads(),
            evidence: self.needed("evidence", "\"from.key\""),
            anchor: self.text("anchor"),
            at: self.texts("at"),
            until: self.texts("until"),
            by: self.text("by"),
            before_others: self.flag("before_others"),
            lines: self.lines.clone(),
        }
    }

    fn lacks(&mut self, key: &str, example: &str) {
        self.problems.push(Problem::new(
            1,
            format!("the header lacks `{key}`"),
            format!("add a line such as `//! {key} = {example}`"),
        ));
    }

    fn needed(&mut self, key: &str, example: &str) -> String {
        if !self.lines.has(key) {
            self.lacks(key, example);
        }
        self.text(key).unwrap_or_default()
    }

    fn reads(&mut self) -> Vec<String> {
        if !self.lines.has("reads") {
            self.lacks("reads", "[\"IDENTIFIES\"]");
        }
        self.texts("reads")
    }

    /// A value, if `read` can read it; else it is noted that it must be `kind`.
    fn value<T>(
        &mut self,
        key: &str,
        kind: &str,
        read: impl Fn(&DeValue<'_>) -> Option<T>,
    ) -> Option<T> {
        let value = self.table.get(key)?;
        let read = read(value.get_ref());
        if read.is_none() {
            self.problems.push(Problem::new(
                self.lines.of(key),
                format!("`{key}` must be {kind}"),
                format!("docs/rules.md shows what `{key}` is for"),
            ));
        }
        read
    }

    fn text(&mut self, key: &str) -> Option<String> {
        self.value(key, "text in quotes", |value| {
            value.as_str().map(str::to_owned)
        })
    }

    fn texts(&mut self, key: &str) -> Vec<String> {
        let list = self.value(key, "a list of texts, as in [\"A\", \"B\"]", |value| {
            let texts = value.as_array()?.iter();
            texts
                .map(|text| text.get_ref().as_str().map(str::to_owned))
                .collect()
        });
        list.unwrap_or_default()
    }

    fn number(&mut self, key: &str) -> Option<f64> {
        self.value(key, "a number", |value| match value {
            DeValue::Float(number) => number.as_str().parse().ok(),
            DeValue::Integer(number) => number.as_str().parse().ok(),
            _ => None,
        })
    }

    fn flag(&mut self, key: &str) -> bool {
        let flag = self.value(key, "true or false", |value| value.as_bool());
        flag.unwrap_or(false)
    }
}
