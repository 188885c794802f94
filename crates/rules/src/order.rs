//! The order in which rules run: a rule after all that derive what it reads.

use std::fmt;

use crate::{Effect, Rule};

/// Rules that wait for each other.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("rules read what each other derive, in a circle: {}", .0.iter().map(Waits::to_string).collect::<Vec<_>>().join(", "))]
pub struct Circle(pub Vec<Waits>);

/// A rule of a circle.
#[derive(Debug, Clone, PartialEq)]
pub struct Waits {
    /// Its name.
    pub rule: String,
    /// The line of its `reads`.
    pub line: usize,
    /// The type of edges that it reads.
    pub reads: String,
    /// The next rule of the circle, which derives them.
    pub of: String,
}

impl fmt::Display for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` reads {} of `{}`", self.rule, self.reads, self.of)
    }
}

/// Sorts rules by what they read; ties by name, links before findings. The rules of a timeline run
/// together, so each of them waits for what any of them reads.
///
/// # Errors
/// [`Circle`] if there is one.
pub fn in_order(mut rules: Vec<Rule>) -> Result<Vec<Rule>, Circle> {
    rules.sort_by(|a, b| {
        let key = |rule: &Rule| (rule.link().is_none(), rule.name.clone());
        key(a).cmp(&key(b))
    });
    let mut ordered = Vec::with_capacity(rules.len());
    while !rules.is_empty() {
        match rules.iter().position(|rule| waits(rule, &rules).is_none()) {
            Some(at) => ordered.push(rules.remove(at)),
            None => return Err(circle(&rules)),
        }
    }
    Ok(ordered)
}

/// For what a rule waits among those that have not run: the rule that reads it, which is another one
/// of its timeline perhaps, the type, and the rule that derives it.
fn waits<'a>(rule: &'a Rule, rules: &'a [Rule]) -> Option<(&'a Rule, &'a str, &'a Rule)> {
    let together = rules
        .iter()
        .filter(|other| other.name == rule.name || same_timeline(rule, other));
    let mut waiting = together.flat_map(|reader| {
        let of = move |read: &'a String| {
            let source = rules.iter().find(|other| other.link() == Some(read));
            source.map(|source| (reader, read.as_str(), source))
        };
        reader.reads.iter().filter_map(of)
    });
    waiting.next()
}

fn same_timeline(one: &Rule, other: &Rule) -> bool {
    let is_timeline = |rule: &Rule| matches!(rule.effect, Effect::Timeline { .. });
    is_timeline(one) && is_timeline(other) && one.link() == other.link()
}

/// The circle that is met from the first of rules that all wait.
fn circle(rules: &[Rule]) -> Circle {
    let mut way: Vec<Waits> = Vec::new();
    let mut at = rules.first();
    while let Some((reader, reads, source)) = at.and_then(|rule| waits(rule, rules)) {
        if let Some(start) = way.iter().position(|step| step.rule == reader.name) {
            return Circle(way.split_off(start));
        }
        way.push(Waits {
            rule: reader.name.clone(),
            line: reader.line_of_reads(),
            reads: reads.to_owned(),
            of: source.name.clone(),
        });
        at = Some(source);
    }
    Circle(way)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin_rules;

    #[test]
    fn readers_come_after_what_they_read() {
        let rules = in_order(builtin_rules().unwrap()).unwrap();
        let names: Vec<_> = rules.iter().map(|rule| rule.name.as_str()).collect();
        let at = |name| names.iter().position(|n| *n == name).unwrap();
        assert!(at("same-as") < at("resulted-in"));
        assert!(at("resulted-in") < at("unbuilt"));
    }

    #[test]
    fn a_circle_is_named() {
        let rule = |name: &str, link: &str, reads: &str| {
            let text = format!(
                "//! title = \"t\"\n//! link = \"{link}\"\n//! reads = [\"{reads}\"]\n\
                 //! evidence = \"1\"\nMATCH (from:A)-->(to:B)"
            );
            Rule::parse(name, &text).unwrap()
        };
        let rules = vec![
            rule("a", "A", "B"),
            rule("b", "B", "C"),
            rule("c", "C", "B"),
            rule("d", "D", "D"),
        ];
        let error = in_order(rules).unwrap_err();
        let names: Vec<_> = error.0.iter().map(|step| step.rule.as_str()).collect();
        assert_eq!(names, ["b", "c"], "only those on the circle");
        assert_eq!(error.0[0].line, 3);
        assert!(
            error
                .to_string()
                .contains("`b` reads C of `c`, `c` reads B of `b`")
        );
        let alone = in_order(vec![rule("d", "D", "D")]).unwrap_err();
        assert_eq!(alone.0[0].of, "d");
    }

    #[test]
    fn a_timeline_waits_for_all_that_its_rules_read() {
        let rule = |name: &str, effect: &str, reads: &str| {
            let text = format!(
                "//! title = \"t\"\n//! {effect}\n//! reads = [{reads}]\n\
                 //! evidence = \"1\"\nMATCH (from:A)-->(to:B)"
            );
            Rule::parse(name, &text).unwrap()
        };
        let rules = vec![
            rule("a", "timeline = \"T\"\n//! at = [\"from.x\"]", ""),
            rule("b", "link = \"B\"", ""),
            rule("c", "timeline = \"T\"\n//! at = [\"from.x\"]", "\"B\""),
        ];
        let ordered = in_order(rules).unwrap();
        assert_eq!(ordered[0].name, "b");
    }
}
