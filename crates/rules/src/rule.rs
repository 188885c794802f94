//! One rule file.

use crate::{
    Problem, RuleError, body::Body, header::Header, pattern::Pattern, place::Places, scan,
};

/// A parsed rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The file's name without `.cypher`; derived edges and findings carry it as `rule`.
    pub name: String,
    /// What it says, in one sentence.
    pub title: String,
    /// What it derives.
    pub effect: Effect,
    /// Types of edges its pattern reads; decides the order of rules.
    pub reads: Vec<String>,
    /// The variable from which an incremental pass looks at the pattern: `from`, `to` or `subject`.
    pub anchor: String,
    /// Its label.
    pub anchor_label: String,
    /// Cypher expression over the pattern's variables: what to look at to believe the result.
    pub evidence: String,
    /// The pattern: what follows `MATCH`.
    pub pattern: String,
    /// The condition: what follows `WHERE`; `true` if there is none.
    pub condition: String,
    /// The file's text.
    pub text: String,
    /// The pattern and what the condition asks for in `EXISTS`, as a graph.
    pub(crate) graph: Pattern,
    /// The anchor in it.
    pub(crate) anchor_node: usize,
    /// Where in the file things stand.
    pub(crate) places: Places,
}

/// What a rule derives.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// An edge between the pattern's `from` and `to`.
    Link {
        /// Its type.
        link: String,
        /// From 0 to 1.
        confidence: f64,
        /// Label of `from`.
        from: String,
        /// Label of `to`.
        to: String,
    },
    /// Intervals between `from` and each `to` that it led to, one after the other. Several rules can
    /// contribute to one timeline.
    Timeline {
        /// Type of the edges.
        link: String,
        /// From 0 to 1.
        confidence: f64,
        /// Label of `from`.
        from: String,
        /// Label of `to`.
        to: String,
        /// Expressions for the times at which `to` became current: a time, a list of times, or null.
        at: Vec<String>,
        /// Expressions for the times at which it was found to be current no longer.
        until: Vec<String>,
        /// Expression for who made it so.
        by: Option<String>,
        /// Whether its times count only before those of all other rules of the timeline.
        before_others: bool,
    },
    /// A finding about the pattern's `subject`.
    Finding {
        /// Its kind.
        kind: String,
        /// `low`, `medium` or `high`.
        severity: String,
        /// Label of `subject`.
        subject: String,
    },
}

impl Rule {
    /// Parses a rule file.
    ///
    /// # Errors
    /// [`RuleError`] has all that is wrong with it, each with its line and how to mend it.
    pub fn parse(name: &str, text: &str) -> Result<Self, RuleError> {
        let mut problems = Vec::new();
        check_name(name, &mut problems);
        let header = Header::read(text, &mut problems);
        let body = Body::read(text, &mut problems);
        let rule = match (header, body) {
            (Some(header), Some(body)) => Self::new(name, text, header, body, &mut problems),
            _ => None,
        };
        match rule {
            Some(rule) if problems.is_empty() => Ok(rule),
            _ => {
                problems.sort();
                problems.dedup();
                let rule = name.to_owned();
                Err(RuleError { rule, problems })
            }
        }
    }

    fn new(
        name: &str,
        text: &str,
        header: Header,
        body: Body,
        problems: &mut Vec<Problem>,
    ) -> Option<Self> {
        header.check_expressions(problems);
        let effect = header.effect(&body, problems)?;
        let anchors: Vec<_> = effect.ends().iter().map(|(name, _)| *name).collect();
        let anchors = match effect {
            // Its intervals are made around one tag, whatever its images are.
            Effect::Timeline { .. } => &anchors[..1],
            _ => &anchors[..],
        };
        let anchor = header.anchor.clone();
        let anchor = anchor.unwrap_or_else(|| anchors[0].to_owned());
        if !anchors.contains(&anchor.as_str()) {
            problems.push(Problem::new(
                header.lines.of("anchor"),
                format!("the anchor `{anchor}` is none of this rule's"),
                format!("it must be {}", anchors.join(" or ")),
            ));
            return None;
        }
        let anchor_node = body.graph.node(&anchor)?;
        let anchor_label = body.graph.nodes[anchor_node].label.clone()?;
        Some(Self {
            name: name.to_owned(),
            places: Places::new(&header, &body, text),
            title: header.title,
            effect,
            reads: header.reads,
            anchor,
            anchor_label,
            evidence: header.evidence,
            pattern: scan::one_line(&body.pattern),
            condition: scan::one_line(&body.condition),
            text: text.to_owned(),
            graph: body.graph,
            anchor_node,
        })
    }

    /// The type of edge this rule derives, if it derives one.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        match &self.effect {
            Effect::Link { link, .. } | Effect::Timeline { link, .. } => Some(link),
            Effect::Finding { .. } => None,
        }
    }
}

impl Effect {
    /// The variables that it is about, and their labels: of nodes that a pass finds again by their key.
    #[must_use]
    pub fn ends(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Link { from, to, .. } | Self::Timeline { from, to, .. } => {
                vec![("from", from), ("to", to)]
            }
            Self::Finding { subject, .. } => vec![("subject", subject)],
        }
    }
}

/// The name is the file's; it becomes a part of keys, which `|` would confuse.
fn check_name(name: &str, problems: &mut Vec<Problem>) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || !name.chars().all(is_plain) {
        problems.push(Problem::new(
            1,
            format!("`{name}` is no name for a rule"),
            "name the file with letters, digits, `-`, `_` and `.`, and end it with .cypher",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str =
        "//! title = \"t\"\n//! link = \"L\"\n//! reads = []\n//! evidence = \"1\"\n";

    #[test]
    fn a_rule_is_parsed() {
        let text =
            format!("{HEAD}// why\nMATCH (from:A)-->(to:B) // here\nWHERE from.x = '// no'\n");
        let rule = Rule::parse("x", &text).unwrap();
        assert_eq!(rule.pattern, "(from:A)-->(to:B)");
        assert_eq!(rule.condition, "from.x = '// no'");
    }

    #[test]
    fn a_write_hidden_in_a_string_or_a_property_is_none() {
        let text =
            format!("{HEAD}MATCH (from:A)-->(to:B) WHERE from.set = 'DELETE' AND to.`SET` = 1");
        assert!(Rule::parse("x", &text).is_ok());
    }

    #[test]
    fn with_is_a_clause_but_for_an_operator() {
        let rule = |condition: &str| {
            let text = format!("{HEAD}MATCH (from:A)-->(to:B) WHERE {condition}");
            Rule::parse("x", &text)
        };
        assert!(rule("from.x STARTS WITH 'a' AND to.x ends with 'b'").is_ok());
        for condition in ["from.x = 1 WITH from", "from.starts WITH from"] {
            assert!(
                rule(condition).unwrap_err().to_string().contains("WITH"),
                "{condition}"
            );
        }
    }
}
