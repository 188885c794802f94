//! From a place in a statement back to the rule's file.

use crate::{Rule, body::Body, header::Header, problem::line_of, scan};

/// Where the texts of a rule stand in its file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Places {
    pieces: Vec<Piece>,
    /// The line of `reads`.
    reads: usize,
}

/// What the rule's author wrote of a statement.
#[derive(Debug, Clone, Default, PartialEq)]
struct Piece {
    /// As it stands in statements.
    text: String,
    /// Where each line of the file begins in it, and that line's number.
    starts: Vec<(usize, usize)>,
}

impl Piece {
    /// From the body, which statements have on one line; `number` is that of its first line.
    fn of_body(part: &str, number: usize) -> Self {
        let mut piece = Self {
            text: scan::one_line(part),
            starts: Vec::new(),
        };
        let mut at = 0;
        let lines = part.lines().map(str::trim).zip(number..);
        for (line, number) in lines.filter(|(line, _)| !line.is_empty()) {
            piece.starts.push((at, number));
            at += line.len() + 1;
        }
        piece
    }

    /// From a key of the header. A line of it that stands in the file otherwise, with escapes say, is
    /// taken for one with the line before.
    fn of_header(text: &str, key_line: usize, file: &str) -> Self {
        let mut piece = Self {
            text: text.to_owned(),
            starts: vec![(0, key_line)],
        };
        let mut rest = file.lines().zip(1..).skip(key_line.saturating_sub(1));
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let mut ahead = rest.clone();
            if let Some((_, number)) = ahead.find(|(in_file, _)| in_file.contains(line.trim())) {
                piece.starts.push((at, number));
                rest = ahead;
            }
            at += line.len();
        }
        piece
    }

    fn line_at(&self, at: usize) -> Option<usize> {
        let before = self.starts.iter().rfind(|(start, _)| *start <= at);
        before.map(|(_, number)| *number)
    }
}

impl Places {
    pub(crate) fn new(header: &Header, body: &Body, file: &str) -> Self {
        let line = |at: usize| 1 + body.text[..at].matches('\n').count();
        let mut pieces = vec![
            Piece::of_body(&body.condition, line(body.begins[1])),
            Piece::of_body(&body.pattern, line(body.begins[0])),
        ];
        // A condition that is absent is `true`, which stands in many places.
        pieces.retain(|piece| piece.text != "true");
        let texts = [
            ("evidence", std::slice::from_ref(&header.evidence)),
            ("at", &header.at),
            ("until", &header.until),
            ("by", header.by.as_slice()),
        ];
        for (key, texts) in texts {
            let of_key = |text: &String| Piece::of_header(text, header.lines.of(key), file);
            pieces.extend(texts.iter().map(of_key));
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
        let lines = statement.split_inclusive('\n');
        let before: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
        let here = statement.get(before..)?;
        let column = here.char_indices().nth(column.saturating_sub(1));
        let at = before + column.map_or(here.len(), |(at, _)| at);
        self.places.pieces.iter().find_map(|piece| {
            let mut starts = statement.match_indices(&piece.text).map(|(start, _)| start);
            let holds = |start: &usize| (*start..=start + piece.text.len()).contains(&at);
            piece.line_at(at - starts.find(holds)?)
        })
    }

    /// The first line of the file that holds a word, outside comments and strings; of the body rather
    /// than of the header.
    #[must_use]
    pub fn line_with(&self, word: &str) -> Option<usize> {
        let body = scan::without_comments(&self.text);
        let in_body = find(&body, word).map(|found| line_of(&body, found));
        in_body.or_else(|| {
            self.places.pieces.iter().find_map(|piece| {
                let found = find(&piece.text, word)?;
                piece.line_at(scan::place(&piece.text, found))
            })
        })
    }

    /// The line of the file with the header `reads`.
    #[must_use]
    pub fn line_of_reads(&self) -> usize {
        self.places.reads
    }
}

/// A word in a text, alone or with what leads to it by dots.
fn find<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let words = scan::words(text).unwrap_or_default();
    let mut found = words
        .iter()
        .filter(|found| found.text == word || found.path == word);
    found.next().map(|found| found.text)
}
