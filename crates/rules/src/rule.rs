//! One rule file.

use serde::Deserialize;

use crate::{
    pattern::{MADE_UP, Pattern},
    scan::{self, Clauses},
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

/// What is wrong with a rule file.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("rule {rule}, line {line}: {reason}")]
pub struct RuleError {
    /// The rule's name.
    pub rule: String,
    /// Line in the file, from 1.
    pub line: usize,
    /// What is wrong and how to mend it.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    title: String,
    link: Option<String>,
    timeline: Option<String>,
    at: Option<Vec<String>>,
    #[serde(default)]
    until: Vec<String>,
    by: Option<String>,
    #[serde(default)]
    before_others: bool,
    finding: Option<String>,
    severity: Option<String>,
    reads: Vec<String>,
    anchor: Option<String>,
    confidence: Option<f64>,
    evidence: String,
}

/// Variables that derived statements use themselves.
const RESERVED: [&str; 2] = ["own", "row"];

impl Rule {
    /// Parses a rule file.
    ///
    /// # Errors
    /// [`RuleError`] names the line and what to change.
    pub fn parse(name: &str, text: &str) -> Result<Self, RuleError> {
        let error = |line: usize, reason: String| RuleError {
            rule: name.to_owned(),
            line,
            reason,
        };
        let header = header(text).map_err(|(line, reason)| error(line, reason))?;
        let Clauses { pattern, condition } =
            scan::clauses(text).map_err(|(line, reason)| error(line, reason))?;
        let body_line = scan::body_line(text);
        let fail = |reason: String| error(body_line, reason);
        for reserved in RESERVED {
            if scan::has_word(&pattern, reserved) {
                return Err(fail(format!(
                    "the variable `{reserved}` is reserved; rename it"
                )));
            }
        }
        let times = header.at.iter().flatten().chain(&header.until);
        let expressions = times
            .chain(&header.by)
            .map(|text| ("at, until or by", text));
        for (name, text) in expressions.chain([("evidence", &header.evidence)]) {
            scan::expression(text).map_err(|reason| error(1, format!("{name}: {reason}")))?;
        }
        if let Some(made_up) = scan::word_beginning(&pattern, MADE_UP) {
            return Err(fail(format!(
                "the variable `{made_up}` must not begin with `{MADE_UP}`; rename it"
            )));
        }
        let graph = Pattern::parse(&pattern, &condition).map_err(fail)?;
        let label = |variable: &str| {
            let node = graph.node(variable).map(|node| &graph.nodes[node]);
            node.and_then(|node| node.label.clone()).ok_or_else(|| {
                fail(format!(
                    "the pattern must bind `{variable}` with a label, as in ({variable}:Label)"
                ))
            })
        };
        let is_timeline = header.timeline.is_some();
        if !is_timeline && (header.at.is_some() || !header.until.is_empty() || header.by.is_some())
        {
            let reason = "`at`, `until` and `by` belong to a timeline = \"TYPE\"";
            return Err(error(1, reason.to_owned()));
        }
        let effect = match (&header.link, &header.finding, &header.timeline) {
            (None, None, Some(link)) => Effect::Timeline {
                link: link.clone(),
                confidence: header.confidence.unwrap_or(1.0),
                from: label("from")?,
                to: label("to")?,
                at: header.at.clone().unwrap_or_default(),
                until: header.until.clone(),
                by: header.by.clone(),
                before_others: header.before_others,
            },
            (Some(link), None, None) => Effect::Link {
                link: link.clone(),
                confidence: header.confidence.unwrap_or(1.0),
                from: label("from")?,
                to: label("to")?,
            },
            (None, Some(kind), None) => Effect::Finding {
                kind: kind.clone(),
                severity: header
                    .severity
                    .clone()
                    .unwrap_or_else(|| "medium".to_owned()),
                subject: label("subject")?,
            },
            _ => {
                let reason = "the header needs one of link = \"TYPE\", timeline = \"TYPE\" and finding = \"kind\"";
                return Err(error(1, reason.to_owned()));
            }
        };
        check_effect(&effect).map_err(|reason| error(1, reason))?;
        let anchors = effect.ends();
        let anchor = header.anchor.unwrap_or_else(|| anchors[0].0.to_owned());
        let Some((_, anchor_label)) = anchors.iter().find(|(name, _)| *name == anchor) else {
            let names: Vec<_> = anchors
                .iter()
                .map(|(name, _)| format!("`{name}`"))
                .collect();
            let names = names.join(" or ");
            return Err(error(1, format!("the anchor `{anchor}` must be {names}")));
        };
        let anchor_label = (*anchor_label).to_owned();
        let anchor_node = graph.node(&anchor).unwrap_or_default();
        Ok(Self {
            name: name.to_owned(),
            title: header.title,
            effect,
            reads: header.reads,
            anchor,
            anchor_label,
            evidence: header.evidence,
            pattern,
            condition,
            text: text.to_owned(),
            graph,
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
    /// The variables that it is about, and their labels.
    fn ends(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Link { from, to, .. } => vec![("from", from), ("to", to)],
            Self::Timeline { from, .. } => vec![("from", from)],
            Self::Finding { subject, .. } => vec![("subject", subject)],
        }
    }
}

fn check_effect(effect: &Effect) -> Result<(), String> {
    match effect {
        Effect::Link {
            link, confidence, ..
        }
        | Effect::Timeline {
            link, confidence, ..
        } => {
            if !scan::is_name(link) {
                return Err(format!(
                    "link `{link}` must be letters, digits and underscores"
                ));
            }
            if !(0.0..=1.0).contains(confidence) {
                return Err(format!("confidence {confidence} must be from 0 to 1"));
            }
            Ok(())
        }
        Effect::Finding { severity, .. } => {
            if !["low", "medium", "high"].contains(&severity.as_str()) {
                return Err(format!("severity `{severity}` must be low, medium or high"));
            }
            Ok(())
        }
    }
}

/// The `//!` lines as TOML.
fn header(text: &str) -> Result<Header, (usize, String)> {
    // Lines that are no header become empty, so that TOML's line numbers are the file's.
    let toml: Vec<_> = text
        .lines()
        .map(|line| line.trim_start().strip_prefix("//!").unwrap_or_default())
        .collect();
    let toml = toml.join("\n");
    toml::from_str(&toml).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let line = 1 + toml.get(..at).unwrap_or_default().matches('\n').count();
        (line, format!("header: {}", error.message()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, says: &str, line: usize) {
        let error = Rule::parse("x", text).unwrap_err();
        assert!(error.reason.contains(says), "{error}");
        assert_eq!(error.line, line, "{error}");
    }

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
    fn mistakes_are_told_with_their_line() {
        check("//! title = \"t\"\n//! colour = 1\n", "colour", 2);
        check(
            &format!("{HEAD}MATCH (from:A)-->(to)"),
            "bind `to` with a label",
            5,
        );
        check(
            &format!("{HEAD}MATCH (from:A)-->(to:B)\nSET from.x = 1"),
            "SET",
            6,
        );
        check(
            &format!("{HEAD}MATCH (from:A)-->(to:B)\nDETACH DELETE to"),
            "DETACH",
            6,
        );
        check(
            &format!("{HEAD}MATCH (from:A)-->(to:B) RETURN 1"),
            "RETURN",
            5,
        );
        check(
            &format!("{HEAD}MATCH (from:A) MATCH (to:B)"),
            "one MATCH",
            5,
        );
        check(
            &format!("{HEAD}MATCH (from:A)-[own:X]->(to:B)"),
            "reserved",
            5,
        );
        check(HEAD, "MATCH", 4);
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
                rule(condition).unwrap_err().reason.contains("WITH"),
                "{condition}"
            );
        }
    }
}
