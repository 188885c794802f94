//! From a place in a statement back to the rule's file.

use crate::{Rule, body::Body, header::Header, scan};

/// Where the texts of a rule stand in its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Places {
    /// Pieces of statements that an author wrote, each line of them with its number in the file.
    pieces: Vec<Vec<(String, usize)>>,
    /// The line of `reads`.
    pub(crate) reads: usize,
}

impl Places {
    pub(crate) fn new(header: &Header, body: &Body) -> Self {
        let mut pieces = Vec::new();
        for (part, begins) in [
            (&body.condition, body.begins[1]),
            (&body.pattern, body.begins[0]),
        ] {
            let first = 1 + body.text[..begins].matches('\n').count();
            let lines = part.lines().map(str::trim).zip(first..);
            let lines = lines.filter(|(line, _)| !line.is_empty());
            pieces.push(
                lines
                    .map(|(line, number)| (line.to_owned(), number))
                    .collect(),
            );
        }
        let evidence = [("evidence", &header.evidence)];
        let at = header.at.iter().map(|text| ("at", text));
        let until = header.until.iter().map(|text| ("until", text));
        let by = header.by.iter().map(|text| ("by", text));
        for (key, text) in evidence.into_iter().chain(at).chain(until).chain(by) {
            pieces.push(vec![(text.clone(), header.lines.of(key))]);
        }
        Self {
            pieces,
            reads: header.lines.of("reads"),
        }
    }
}

impl Rule {
    /// The line of the file from which a place in a statement of this rule comes, the place given by
    /// its line and column, both from 1. None if it was not written by the rule's author.
    #[must_use]
    pub fn line_in_file(&self, statement: &str, line: usize, column: usize) -> Option<usize> {
        let before: usize = statement
            .split_inclusive('\n')
            .take(line - 1)
            .map(str::len)
            .sum();
        let here = statement.get(before..)?;
        let at = before
            + here
                .char_indices()
                .nth(column - 1)
                .map_or(here.len(), |(at, _)| at);
        let of_piece = |piece: &Vec<(String, usize)>| {
            let lines: Vec<_> = piece.iter().map(|(line, _)| line.as_str()).collect();
            let joined = lines.join(" ");
            let start = statement.match_indices(&joined).map(|(start, _)| start);
            let start = start.filter(|start| (*start..=start + joined.len()).contains(&at));
            let mut rest = at - start.last()?;
            let found = piece.iter().find(|(line, _)| {
                let is_here = rest <= line.len();
                rest = rest.saturating_sub(line.len() + 1);
                is_here
            });
            found.map(|(_, number)| *number)
        };
        // A condition that is absent is `true`, which stands in many places.
        let written = self
            .places
            .pieces
            .iter()
            .filter(|piece| piece.iter().any(|(line, _)| line != "true"));
        written.filter_map(of_piece).next()
    }

    /// The first line of the file that holds a word, outside comments and strings.
    #[must_use]
    pub fn line_with(&self, word: &str) -> Option<usize> {
        let body = scan::without_comments(&self.text);
        let words = scan::words(&body).unwrap_or_default();
        let found = words
            .iter()
            .find(|found| found.text == word || found.path == word);
        let line = found.map(|found| crate::problem::line_of(&body, found.text));
        line.or_else(|| {
            let lines = self.places.pieces.iter().flatten();
            let mut holding = lines.filter(|(text, _)| {
                let words = scan::words(text).unwrap_or_default();
                words
                    .iter()
                    .any(|found| found.text == word || found.path == word)
            });
            holding.next().map(|(_, number)| *number)
        })
    }

    /// The line of the file with the header `reads`.
    #[must_use]
    pub fn line_of_reads(&self) -> usize {
        self.places.reads
    }
}
