//! A pattern's text, read from left to right.

use super::{Arrow, Edge, Node, PARTS};
use crate::{problem::Fault, scan};

/// Reads a pattern from left to right.
pub(super) struct Reader<'a> {
    pub(super) rest: &'a str,
}

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, token: &str) -> bool {
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// A name, possibly in backticks; empty if there is none.
    fn name(&mut self) -> Result<String, Fault<'a>> {
        if let Some(quoted) = self.rest.strip_prefix('`') {
            let unclosed = Fault::new(self.rest, "a ` is never closed", "close it");
            let end = quoted.find('`').ok_or(unclosed)?;
            self.rest = quoted[end + 1..].trim_start();
            return Ok(format!("`{}`", &quoted[..end]));
        }
        let end = self
            .rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(name.to_owned())
    }

    /// What stands between brackets, the outer ones included; empty if none opens here.
    fn brackets(&mut self, open: char) -> Result<&'a str, Fault<'a>> {
        if !self.rest.starts_with(open) {
            return Ok("");
        }
        let end = closing(self.rest)?;
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest.trim_start();
        Ok(text)
    }

    pub(super) fn node(&mut self) -> Result<Node, Fault<'a>> {
        let start = self.rest;
        if !self.take("(") {
            let what = match beginning(start) {
                "" => "a node is missing at the end of the pattern".to_owned(),
                found => format!("a node must stand before `{found}`"),
            };
            return Err(Fault::new(start, what, PARTS));
        }
        let variable = self.name()?;
        let mut label = None;
        if self.take(":") {
            label = Some(self.name()?);
        }
        let map = scan::one_line(self.brackets('{')?);
        if !self.take(")") {
            let what = format!("the node `{}` is not understood", beginning(start));
            let hint = "a node has at most one label, then properties in braces";
            return Err(Fault::new(self.rest, what, hint));
        }
        Ok(Node {
            is_named: !variable.is_empty(),
            variable,
            label,
            map,
            scope: 0,
        })
    }

    /// An edge; none if no arrow begins here.
    pub(super) fn edge(&mut self) -> Result<Option<Edge>, Fault<'a>> {
        let start = self.rest;
        let left = self.take("<-");
        if !left && !self.take("-") {
            return Ok(None);
        }
        let within = self.brackets('[')?;
        let right = self.take("->");
        if !right && !self.take("-") {
            let what = format!("`{}` is no whole edge", beginning(start));
            return Err(Fault::new(start, what, PARTS));
        }
        let arrow = match (left, right) {
            (true, false) => Arrow::Left,
            (false, true) => Arrow::Right,
            _ => Arrow::Either,
        };
        let within = within.trim_start_matches('[').trim_end_matches(']');
        let mut inner = Reader {
            rest: within.trim(),
        };
        let variable = inner.name()?;
        let mut types = Vec::new();
        if inner.take(":") {
            loop {
                types.push(inner.name()?);
                if !inner.take("|") {
                    break;
                }
                inner.take(":");
            }
        }
        let end = inner.rest.find('{').unwrap_or(inner.rest.len());
        let (range, map) = inner.rest.split_at(end);
        if !range.is_empty() && !range.starts_with('*') {
            let what = format!("the edge `[{within}]` is not understood");
            let hint = "an edge has a variable, types joined with |, a range such as *1..2, and \
                        properties in braces, in this order";
            return Err(Fault::new(start, what, hint));
        }
        Ok(Some(Edge {
            left: 0,
            right: 0,
            types,
            arrow,
            variable,
            range: range.trim().to_owned(),
            map: scan::one_line(map),
            scope: 0,
        }))
    }
}

/// The place after the bracket that closes the one at the beginning.
pub(super) fn closing(text: &str) -> Result<usize, Fault<'_>> {
    let mut depth = 0_usize;
    let mut quote = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                chars.next();
            }
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None => match c {
                '\'' | '"' | '`' => quote = Some(c),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(at + c.len_utf8());
                    }
                }
                _ => {}
            },
        }
    }
    let hint = "each bracket needs its partner";
    Err(Fault::new(text, "a bracket is never closed", hint))
}

/// The first characters of a text, to name it by.
pub(super) fn beginning(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    let end = line.char_indices().nth(20).map_or(line.len(), |(at, _)| at);
    line[..end].trim_end()
}
