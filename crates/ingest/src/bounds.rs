//! How much of anything is taken in. What is beyond is left out by itself, and said: one bad item
//! must neither sink the batch that it is in nor fill memory.

use std::io::{self, BufRead};

use polar_graph::schema_items;
use polar_model::Value;

use crate::Facts;

/// Bytes of the longest line that is read.
pub const LONGEST_LINE: usize = 16 << 20;

/// Bytes of the longest text that a node is found by. Neo4j takes a little more than 8000 into an
/// index, and refuses the whole transaction beyond.
pub const LONGEST_KEY: usize = 4096;

/// Bytes of facts after which a batch is written, however few they are.
pub(crate) const BATCH_BYTES: usize = 8 << 20;

/// Characters of somebody else's text that are told in a problem.
const TOLD: usize = 300;

/// What was read of a source of lines.
pub(crate) enum Line {
    /// A line is in the buffer.
    Whole,
    /// A line of so many bytes was left out.
    TooLong(u64),
    /// There are no more.
    End,
}

/// Reads a line, with its end; of one that is too long no more is kept than may be read.
pub(crate) fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Line> {
    line.clear();
    let mut length = 0;
    loop {
        let found = match source.fill_buf() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = found.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(found.len(), |end| end + 1);
        if length + count <= LONGEST_LINE {
            line.extend_from_slice(&found[..count]);
        }
        source.consume(count);
        length += count;
        if end.is_some() || count == 0 {
            break;
        }
    }
    Ok(match length {
        0 => Line::End,
        1..=LONGEST_LINE => Line::Whole,
        _ => Line::TooLong(length as u64),
    })
}

/// Texts that nodes are found by, beside their keys.
pub(crate) struct Indexed(Vec<(String, String)>);

impl Indexed {
    pub(crate) fn new() -> Self {
        let items = schema_items().into_iter();
        Self(items.map(|item| (item.label, item.property)).collect())
    }

    /// Why an observation cannot be taken in: a text in it is too long for an index.
    pub(crate) fn too_long(&self, facts: &Facts) -> Option<String> {
        for node in &facts.nodes {
            let label = node.label.as_str();
            let is_indexed = |name: &str| self.0.iter().any(|(l, p)| l == label && p == name);
            let texts = node.props.iter().filter_map(|(name, value)| {
                let text = value.as_str().filter(|text| text.len() > LONGEST_KEY);
                text.filter(|_| is_indexed(name)).map(|text| (*name, text))
            });
            let key = (node.key.len() > LONGEST_KEY).then_some(("key", node.key.as_str()));
            if let Some((name, text)) = key.into_iter().chain(texts).next() {
                return Some(format!(
                    "the {name} of its {label} would have {} bytes, of at most {LONGEST_KEY}: {}",
                    text.len(),
                    shorten(text)
                ));
            }
        }
        None
    }
}

/// Roughly how much memory facts take.
pub(crate) fn size(facts: &Facts) -> usize {
    let nodes = facts.nodes.iter().map(|node| {
        let props = node.props.values().map(of_value);
        node.key.len() + props.sum::<usize>()
    });
    let edges = facts.edges.iter().map(|edge| {
        let props = edge.props.values().map(of_value);
        edge.from.1.len() + edge.to.1.len() + props.sum::<usize>()
    });
    nodes.chain(edges).sum()
}

fn of_value(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::List(items) => items.iter().map(of_value).sum(),
        _ => 8,
    }
}

/// The beginning of a text that somebody else wrote, for people.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}… ({} bytes)", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    #[test]
    fn lines_are_read_up_to_their_bound() {
        let mut text = b"one\n\n".to_vec();
        text.extend(vec![b'a'; LONGEST_LINE - 1]);
        text.push(b'\n');
        text.extend(vec![b'b'; LONGEST_LINE + 70_000]);
        text.extend(b"\ntwo");
        let mut source = BufReader::new(text.as_slice());
        let mut line = Vec::new();
        let mut read = Vec::new();
        loop {
            match read_line(&mut source, &mut line).unwrap() {
                Line::End => break,
                Line::Whole => read.push((line.len(), 0)),
                Line::TooLong(length) => read.push((0, length)),
            }
            assert!(line.len() <= LONGEST_LINE);
        }
        let beyond = LONGEST_LINE as u64 + 70_001;
        assert_eq!(
            read,
            [(4, 0), (1, 0), (LONGEST_LINE, 0), (0, beyond), (3, 0)]
        );
    }

    #[test]
    fn a_long_text_is_told_by_its_beginning() {
        assert_eq!(shorten("short"), "short");
        let told = shorten(&"ü".repeat(1000));
        assert!(
            told.starts_with("üüü") && told.ends_with("… (2000 bytes)"),
            "{told}"
        );
    }
}
