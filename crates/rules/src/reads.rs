//! Whether `reads` says what a rule walks: the order of rules rests on it.

use std::collections::BTreeSet;

use crate::{Effect, Problem, Rule, scan};

/// What is wrong with the `reads` of rules, which are all that run together: each with its rule's name.
#[must_use]
pub fn check_reads(rules: &[Rule]) -> Vec<(String, Problem)> {
    rules
        .iter()
        .flat_map(|rule| {
            let problems = problems(rule, rules);
            problems
                .into_iter()
                .map(|problem| (rule.name.clone(), problem))
        })
        .collect()
}

fn problems(rule: &Rule, rules: &[Rule]) -> Vec<Problem> {
    let used = used(rule);
    let line = rule.line_of_reads();
    let mut problems = Vec::new();
    for read in rule.reads.iter().filter(|read| !used.contains(*read)) {
        problems.push(Problem::new(
            line,
            format!("`reads` has {read}, which the rule never walks"),
            "take it out, or correct its spelling",
        ));
    }
    for link in used.iter().filter(|link| !rule.reads.contains(link)) {
        if let Some(source) = rules.iter().find(|other| other.link() == Some(link)) {
            problems.push(Problem::new(
                line,
                format!(
                    "`reads` lacks {link}, which the rule walks and `{}` derives",
                    source.name
                ),
                format!(
                    "add \"{link}\" to it, so that this rule runs after that one; or let `{}` derive \
                     another type",
                    source.name
                ),
            ));
        }
    }
    if rule.graph.edges.iter().any(|edge| edge.types.is_empty()) {
        problems.push(Problem::new(
            line,
            "an edge of the pattern has no type, so that it walks what any rule derives",
            "name its types, as in -[:RUNS|SAME_AS]->, and those that rules derive in `reads`",
        ));
    }
    problems
}

/// The types of edges that a rule walks, in its pattern, its condition and its expressions.
fn used(rule: &Rule) -> BTreeSet<String> {
    let types = rule.graph.edges.iter().flat_map(|edge| edge.types.clone());
    let mut used: BTreeSet<_> = types.collect();
    let mut texts = vec![&rule.condition, &rule.evidence];
    if let Effect::Timeline { at, until, by, .. } = &rule.effect {
        texts.extend(at.iter().chain(until).chain(by));
    }
    for text in texts {
        let words = scan::words(text).unwrap_or_default();
        let types = words.iter().filter(|word| matches!(word.before, ':' | '|'));
        used.extend(types.map(|word| word.text.to_owned()));
    }
    used
}
