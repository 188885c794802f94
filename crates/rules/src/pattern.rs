//! A rule's pattern as a graph of its own: which node leads to which, over which edges.

mod reader;

use std::collections::{HashMap, VecDeque};

use crate::{problem::Fault, scan};
use reader::{Reader, beginning, closing};

/// What a pattern is made of.
const PARTS: &str = "a pattern is nodes such as (from:Label) and edges such as -[:TYPE]->, chains joined with commas";

/// A pattern, those inside `EXISTS { … }` of its condition included.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Pattern {
    pub(crate) nodes: Vec<Node>,
    pub(crate) edges: Vec<Edge>,
    /// The chains of the pattern itself, each by its first node and its edges.
    pub(crate) chains: Vec<(usize, Vec<usize>)>,
    /// For each `EXISTS { … }` the scope that it stands in, which is 0 for the pattern itself. The
    /// scope number of the first is 1.
    outer: Vec<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// As written, or made up.
    pub(crate) variable: String,
    pub(crate) label: Option<String>,
    /// `{…}` as written.
    pub(crate) map: String,
    /// Whether it has a name of its own in the rule's text.
    pub(crate) is_named: bool,
    /// Where it is first named.
    scope: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edge {
    pub(crate) left: usize,
    pub(crate) right: usize,
    pub(crate) types: Vec<String>,
    arrow: Arrow,
    pub(crate) variable: String,
    /// `*1..2` as written.
    pub(crate) range: String,
    pub(crate) map: String,
    scope: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Arrow {
    Right,
    Left,
    Either,
}

/// One step along an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    edge: usize,
    to: usize,
    forward: bool,
}

/// Made-up names begin so; a rule's own variables must not.
pub(crate) const MADE_UP: &str = "polar_";

impl Pattern {
    /// Reads a pattern and the condition after it, both without comments.
    pub(crate) fn parse<'a>(pattern: &'a str, condition: &'a str) -> Result<Self, Fault<'a>> {
        let mut parsed = Self::default();
        let mut names = HashMap::new();
        parsed.chains = parsed.add(pattern, 0, &mut names)?;
        parsed.add_condition(condition, 0, &names)?;
        Ok(parsed)
    }

    /// The node that a variable of the pattern itself names.
    pub(crate) fn node(&self, variable: &str) -> Option<usize> {
        self.nodes
            .iter()
            .position(|node| node.is_named && node.variable == variable)
    }

    /// The shortest way from a node to another.
    pub(crate) fn way(&self, from: usize, to: usize) -> Option<Vec<Step>> {
        self.way_within(self.nodes[from].scope, from, to, None)
    }

    /// The shortest way from an end of an edge to another node that does not use the edge.
    pub(crate) fn way_beside(&self, edge: usize, from: usize, to: usize) -> Option<Vec<Step>> {
        self.way_within(self.edges[edge].scope, from, to, Some(edge))
    }

    /// Over edges that are there for sure where something in `scope` is: those of the scope and of
    /// what is around it, but of no other `EXISTS`, which may be negated or one of several.
    fn way_within(
        &self,
        scope: usize,
        from: usize,
        to: usize,
        avoiding: Option<usize>,
    ) -> Option<Vec<Step>> {
        let mut came: HashMap<usize, (usize, Step)> = HashMap::new();
        let mut waiting = VecDeque::from([from]);
        while let Some(at) = waiting.pop_front() {
            if at == to {
                let mut steps = Vec::new();
                let mut at = to;
                while at != from {
                    let (before, step) = came[&at];
                    steps.push(step);
                    at = before;
                }
                steps.reverse();
                return Some(steps);
            }
            for (number, edge) in self.edges.iter().enumerate() {
                let forward = edge.left == at;
                let next = if forward { edge.right } else { edge.left };
                let is_step = Some(number) != avoiding
                    && (forward || edge.right == at)
                    && self.is_around(edge.scope, scope);
                if is_step && next != from && !came.contains_key(&next) {
                    let step = Step {
                        edge: number,
                        to: next,
                        forward,
                    };
                    came.insert(next, (at, step));
                    waiting.push_back(next);
                }
            }
        }
        None
    }

    /// Whether `outer` is `scope` or around it.
    fn is_around(&self, outer: usize, mut scope: usize) -> bool {
        while scope > outer {
            scope = self.outer[scope - 1];
        }
        scope == outer
    }

    /// A way as Cypher: what leads from the node `first`, which is bound already, to the one that is
    /// called `last`. The same way has the same text, whatever the rule calls its nodes. Conditions
    /// in braces are left out: what they hold may have changed.
    pub(crate) fn way_text(&self, first: &str, steps: &[Step], last: &str) -> String {
        let mut text = format!("({first})");
        for (number, step) in steps.iter().enumerate() {
            let is_last = number + 1 == steps.len();
            text.push_str(&self.edges[step.edge].text(step.forward, false));
            text.push_str(&self.nodes[step.to].written(if is_last { last } else { "" }, ""));
        }
        text
    }

    /// The pattern itself, written so that it begins at `anchor`, a node of it.
    pub(crate) fn text_from(&self, anchor: usize) -> String {
        let mut near = Vec::new();
        let mut far = Vec::new();
        for (start, edges) in &self.chains {
            let mut nodes = vec![*start];
            for edge in edges {
                let edge = &self.edges[*edge];
                let last = nodes[nodes.len() - 1];
                nodes.push(if edge.left == last {
                    edge.right
                } else {
                    edge.left
                });
            }
            match nodes.iter().position(|node| *node == anchor) {
                Some(0) => near.push(self.chain_text(&nodes, edges, true)),
                Some(at) => {
                    near.push(self.chain_text(&nodes[..=at], &edges[..at], false));
                    if at < edges.len() {
                        near.push(self.chain_text(&nodes[at..], &edges[at..], true));
                    }
                }
                None => far.push(self.chain_text(&nodes, edges, true)),
            }
        }
        near.append(&mut far);
        near.join(", ")
    }

    /// A chain in its own order, or from its last node to its first.
    fn chain_text(&self, nodes: &[usize], edges: &[usize], forward: bool) -> String {
        let node = |at: usize| self.nodes[nodes[at]].text(true);
        let count = nodes.len();
        let order: Vec<_> = if forward {
            (0..count).collect()
        } else {
            (0..count).rev().collect()
        };
        let mut text = node(order[0]);
        for pair in order.windows(2) {
            let edge = edges[pair[0].min(pair[1])];
            text.push_str(&self.edges[edge].text(forward, true));
            text.push_str(&node(pair[1]));
        }
        text
    }

    /// Adds chains and returns them. Names that are not known yet are new nodes.
    fn add<'a>(
        &mut self,
        text: &'a str,
        scope: usize,
        names: &mut HashMap<String, usize>,
    ) -> Result<Vec<(usize, Vec<usize>)>, Fault<'a>> {
        let mut reader = Reader { rest: text.trim() };
        let mut chains = Vec::new();
        loop {
            let start = self.add_node(reader.node()?, scope, names);
            let mut left = start;
            let mut edges = Vec::new();
            while let Some(mut edge) = reader.edge()? {
                let right = self.add_node(reader.node()?, scope, names);
                (edge.left, edge.right, edge.scope) = (left, right, scope);
                edges.push(self.edges.len());
                self.edges.push(edge);
                left = right;
            }
            chains.push((start, edges));
            if !reader.take(",") {
                break;
            }
        }
        if reader.rest.is_empty() {
            Ok(chains)
        } else {
            let what = format!("`{}` is not understood", beginning(reader.rest));
            Err(Fault::new(reader.rest, what, PARTS))
        }
    }

    fn add_node(&mut self, node: Node, scope: usize, names: &mut HashMap<String, usize>) -> usize {
        if let Some(known) = names.get(&node.variable) {
            let present = &mut self.nodes[*known];
            if present.label.is_none() {
                present.label = node.label;
            }
            return *known;
        }
        let number = self.nodes.len();
        let mut node = Node { scope, ..node };
        if node.is_named {
            names.insert(node.variable.clone(), number);
        } else {
            node.variable = format!("{MADE_UP}{number}");
        }
        self.nodes.push(node);
        number
    }

    /// Adds what stands in each `EXISTS { … }`; names that are not the pattern's are its own.
    fn add_condition<'a>(
        &mut self,
        condition: &'a str,
        scope: usize,
        names: &HashMap<String, usize>,
    ) -> Result<(), Fault<'a>> {
        let outside = without_exists(condition)?;
        for inner in &outside.inner {
            let (pattern, condition) = split_where(inner);
            let mut within = names.clone();
            let first = self.nodes.len();
            self.outer.push(scope);
            let scope = self.outer.len();
            self.add(pattern, scope, &mut within)?;
            for (number, node) in self.nodes.iter_mut().enumerate().skip(first) {
                if node.is_named {
                    node.variable = format!("{MADE_UP}{number}");
                    node.is_named = false;
                }
            }
            self.add_condition(condition, scope, &within)?;
        }
        match outside.parts.into_iter().find_map(arrow_in) {
            Some(arrow) => Err(Fault::new(
                arrow,
                "a pattern in WHERE must stand in EXISTS { … }",
                "write EXISTS { (from)-[:TYPE]->(:Label) }, so that the rule is woken by it",
            )),
            None => Ok(()),
        }
    }
}

impl Node {
    /// As Cypher. A made-up name stands only where a statement asks for the node.
    pub(crate) fn text(&self, with_map: bool) -> String {
        let map = if with_map { self.map.as_str() } else { "" };
        self.written(&self.variable, map)
    }

    fn written(&self, variable: &str, map: &str) -> String {
        let label = self.label.iter().map(|label| format!(":{label}"));
        let label: String = label.collect();
        let space = if map.is_empty() { "" } else { " " };
        format!("({variable}{label}{space}{map})")
    }
}

impl Edge {
    /// Its two ends, and whether the edge starts there; one without a direction may start at either.
    pub(crate) fn ends(&self) -> Vec<(usize, bool)> {
        let (left, right) = (self.left, self.right);
        match self.arrow {
            Arrow::Right => vec![(left, true), (right, false)],
            Arrow::Left => vec![(right, true), (left, false)],
            Arrow::Either => vec![(left, true), (right, false), (right, true), (left, false)],
        }
    }

    pub(crate) fn text(&self, forward: bool, whole: bool) -> String {
        let types = self.types.join("|");
        let colon = if types.is_empty() { "" } else { ":" };
        let (variable, map) = if whole {
            (self.variable.as_str(), self.map.as_str())
        } else {
            ("", "")
        };
        let space = if map.is_empty() { "" } else { " " };
        let within = format!("{variable}{colon}{types}{}{space}{map}", self.range);
        match (self.arrow, forward) {
            (Arrow::Right, true) | (Arrow::Left, false) => format!("-[{within}]->"),
            (Arrow::Left, true) | (Arrow::Right, false) => format!("<-[{within}]-"),
            (Arrow::Either, _) => format!("-[{within}]-"),
        }
    }
}

/// Where an edge stands in a condition, if one does.
fn arrow_in(text: &str) -> Option<&str> {
    let ends = text.match_indices(')').map(|(at, _)| &text[at..]);
    let mut arrows = ends.filter(|rest| has_arrow(rest));
    arrows.next_back().filter(|_| has_arrow(text))
}

fn has_arrow(text: &str) -> bool {
    let mut text = scan::without_strings(text);
    text.retain(|c| !c.is_whitespace());
    let arrows = [")-[", ")<-[", ")--", ")<--"];
    arrows.iter().any(|arrow| text.contains(arrow))
}

/// A condition with what stands in each `EXISTS { … }` taken out.
struct Outside<'a> {
    parts: Vec<&'a str>,
    inner: Vec<&'a str>,
}

fn without_exists(condition: &str) -> Result<Outside<'_>, Fault<'_>> {
    let mut outside = Outside {
        parts: Vec::new(),
        inner: Vec::new(),
    };
    let mut from = 0;
    for at in scan::places_of(condition, "EXISTS") {
        if at < from {
            continue;
        }
        let after = at + "EXISTS".len();
        let open = condition.len() - condition[after..].trim_start().len();
        if !condition[open..].starts_with('{') {
            let hint = "write EXISTS { (from)-[:TYPE]->(:Label) }; for a property, IS NOT NULL";
            let what = "EXISTS must be followed by { … }";
            return Err(Fault::new(&condition[at..], what, hint));
        }
        let end = open + closing(&condition[open..])?;
        outside.parts.push(&condition[from..at]);
        outside.inner.push(&condition[open + 1..end - 1]);
        from = end;
    }
    outside.parts.push(&condition[from..]);
    Ok(outside)
}

/// The pattern and the condition inside `EXISTS { … }`.
fn split_where(text: &str) -> (&str, &str) {
    match scan::places_of(text, "WHERE").first() {
        Some(&at) => (&text[..at], &text[at + "WHERE".len()..]),
        None => (text, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(pattern: &str, condition: &str) -> Pattern {
        Pattern::parse(pattern, condition).unwrap()
    }

    #[test]
    fn a_pattern_begins_anew_at_any_node() {
        let check = |pattern: &str, at: &str, wanted: &str| {
            let parsed = parsed(pattern, "true");
            let anchor = parsed.node(at).unwrap();
            assert_eq!(parsed.text_from(anchor), wanted);
        };
        let chain = "(a:A)-[x:X]->(b:B {k: 'v)'})<-[:Y|Z*1..2]-(c)";
        check(chain, "a", chain);
        check(chain, "c", "(c)-[:Y|Z*1..2]->(b:B {k: 'v)'})<-[x:X]-(a:A)");
        check(
            chain,
            "b",
            "(b:B {k: 'v)'})<-[x:X]-(a:A), (b:B {k: 'v)'})<-[:Y|Z*1..2]-(c)",
        );
        check("(a:A), (b:B)-->(a)", "b", "(b:B)-[]->(a:A), (a:A)");
    }

    #[test]
    fn ways_lead_through_what_exists_asks_for() {
        let parsed = parsed(
            "(from:F)-[:X]->(:M)<-[:Y]-(to:T)",
            "(EXISTS { (from) } OR NOT EXISTS { (to)-[:Z]->(c:C)-[:W]->(d:D) WHERE d.k = ')' }) AND 1",
        );
        let from = parsed.node("from").unwrap();
        let far = parsed.nodes.len() - 1;
        assert_eq!(parsed.nodes[far].label.as_deref(), Some("D"));
        let way = parsed.way(far, from).unwrap();
        assert_eq!(
            parsed.way_text("first", &way, "last"),
            "(first)<-[:W]-(:C)<-[:Z]-(:T)-[:Y]->(:M)<-[:X]-(last:F)"
        );
        assert_eq!(parsed.node("c"), None, "a name inside is not the pattern's");
        let last = parsed.edges.len() - 1;
        assert_eq!(parsed.way_beside(last, far, from), None);
    }

    #[test]
    fn ways_lead_through_no_other_exists() {
        let parsed = parsed(
            "(from:F)-[:X]->(:M)<-[:Y]-(to:T)",
            "NOT EXISTS { (from)-[:Z]->(to) } AND EXISTS { (to)-[:V]->(c:C) WHERE NOT EXISTS { (c)-[:W]->(from) } }",
        );
        let [from, to] = ["from", "to"].map(|name| parsed.node(name).unwrap());
        let text = |start: usize| parsed.way_text("x", &parsed.way(start, from).unwrap(), "y");
        assert_eq!(text(to), "(x)-[:Y]->(:M)<-[:X]-(y:F)");
        let c = parsed.nodes.len() - 1;
        assert_eq!(text(c), "(x)<-[:V]-(:T)-[:Y]->(:M)<-[:X]-(y:F)");
    }

    #[test]
    fn what_is_beyond_it_is_told() {
        let check = |pattern: &str, condition: &str, says: &str| {
            let error = Pattern::parse(pattern, condition).unwrap_err();
            assert!(error.what.contains(says), "{error:?}");
        };
        check("p = (a)-->(b)", "true", "must stand before `p =");
        check("(a:A:B)", "true", "node `(a:A:B)` is not understood");
        check("(a)-[:X]->", "true", "missing at the end");
        check("(a)-[x 1]->(b)", "true", "not understood");
        check("(a) (b)", "true", "not understood");
        check("(a)", "NOT (a)\n -[:X]->()", "EXISTS");
        check("(a)", "EXISTS (a)", "followed by");
    }
}
