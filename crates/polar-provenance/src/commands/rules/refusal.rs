//! What an engine says of a statement, as a problem of the rule's file.

use polar_graph::GraphError;
use polar_reconcile::Refusal;
use polar_rules::{Problem, Rule};

const COMMON: &str = "docs/rules.md says what both engines run, and how to write the rest";

/// What engines say, and what to do about it.
const HINTS: [(&str, &str); 6] = [
    (
        "comma-separated",
        "write the pattern as one chain, and ask for what is beside it in EXISTS { … }",
    ),
    (
        "'~'",
        "use STARTS WITH, ENDS WITH, CONTAINS or IN: the embedded engine has no `=~`",
    ),
    (
        "undefined variable",
        "name it in the pattern; what EXISTS { … } names is known only inside",
    ),
    (
        "not defined",
        "name it in the pattern; what EXISTS { … } names is known only inside",
    ),
    (
        "nknown function",
        "see docs/rules.md for what both engines have",
    ),
    ("argument", "see docs/rules.md for what both engines have"),
];

/// A refusal with the line of the file from which it comes, as far as the engine tells it.
pub(super) fn told_by_engine(rule: &Rule, refusal: &Refusal) -> Problem {
    let reason = match &refusal.error {
        GraphError::Statement { reason, .. } => reason.clone(),
        other => other.to_string(),
    };
    let by_place = position(&reason)
        .and_then(|(line, column)| rule.line_in_file(&refusal.statement, line, column));
    let what = plain(&reason);
    let by_name = || names(&what).find_map(|name| rule.line_with(name));
    let line = by_place
        .or_else(by_name)
        .or_else(|| rule.line_with("MATCH"));
    let hint = HINTS.iter().find(|(says, _)| what.contains(says));
    let hint = hint.map_or(COMMON, |(_, hint)| hint);
    Problem::new(line.unwrap_or(1), what, hint)
}

/// Line and column, both from 1: `line 3:30` with the column from 0, or `(line 3, column 31 (…`.
fn position(reason: &str) -> Option<(usize, usize)> {
    reason.match_indices("line ").find_map(|(at, word)| {
        let rest = &reason[at + word.len()..];
        let (line, rest) = number(rest)?;
        if let Some(rest) = rest.strip_prefix(", column ") {
            return Some((line, number(rest)?.0));
        }
        let (column, _) = number(rest.strip_prefix(':')?)?;
        Some((line, column + 1))
    })
}

fn number(text: &str) -> Option<(usize, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    Some((digits.parse().ok()?, rest))
}

/// The reason on one line, without what speaks of the statement rather than of the rule.
fn plain(reason: &str) -> String {
    let mut text = reason;
    for prefix in ["query error: ", "syntax error: ", "semantic error: "] {
        while let Some(rest) = text.strip_prefix(prefix) {
            text = rest;
        }
    }
    if let Some((before, _)) = text.split_once(" (line ") {
        text = before;
    }
    if let Some(rest) = text.strip_prefix("line ")
        && let Some((_, rest)) = rest.split_once(' ')
    {
        text = rest;
    }
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ");
    match text.split_once(" at input '") {
        // What was read before the place that is wrong: its end tells enough.
        Some((before, input)) => {
            let skipped = input.chars().count().saturating_sub(SHOWN);
            let end: String = input.chars().skip(skipped).collect();
            match end.split_once(' ') {
                Some((_, whole_words)) if skipped > 0 => {
                    format!("{before} at input '…{whole_words}")
                }
                _ => format!("{before} at input '{end}"),
            }
        }
        None => text,
    }
}

/// How much of what stands before a mistake is shown.
const SHOWN: usize = 24;

/// What is quoted in a reason, and the functions that it names.
fn names(reason: &str) -> impl Iterator<Item = &str> {
    let quoted = reason.split(['\'', '`']).skip(1).step_by(2);
    let called = reason.split(' ').filter_map(|word| word.strip_suffix("()"));
    quoted.chain(called)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_engines_say_is_read() {
        let embedded = "query error: syntax error: syntax error: line 3:30 no viable alternative at \
                        input 'MATCH (from:A)-[:X]->(to:B)\nWHERE (from.x = 1 AND from.x +*'";
        assert_eq!(position(embedded), Some((3, 31)));
        assert_eq!(
            plain(embedded),
            "no viable alternative at input '…= 1 AND from.x +*'"
        );
        let neo4j = "Invalid input '*': expected an expression (line 3, column 31 (offset: 164))\n\
                     \"WHERE (from.x = 1\"\n   ^ (Neo.ClientError.Statement.SyntaxError)";
        assert_eq!(position(neo4j), Some((3, 31)));
        assert_eq!(plain(neo4j), "Invalid input '*': expected an expression");
        let unknown = "query error: semantic error: unknown function 'nosuch'";
        assert_eq!(position(unknown), None);
        assert_eq!(names(&plain(unknown)).collect::<Vec<_>>(), ["nosuch"]);
        assert_eq!(
            names("toUpper() expects 1").collect::<Vec<_>>(),
            ["toUpper"]
        );
    }
}
