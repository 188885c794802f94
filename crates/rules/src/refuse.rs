//! What a rule must not hold: it reads the graph, only the graph, and says the same each time.

use std::collections::BTreeSet;

use crate::{
    Problem,
    pattern::MADE_UP,
    problem::Fault,
    scan::{self, Word},
};

/// Clauses that a rule's body must not hold, since it only reads and the engine adds the rest.
const CLAUSES: [&str; 20] = [
    "CREATE", "INSERT", "MERGE", "SET", "DELETE", "DETACH", "NODETACH", "REMOVE", "FOREACH",
    "CALL", "LOAD", "DROP", "RETURN", "YIELD", "WITH", "UNWIND", "UNION", "OPTIONAL", "USE",
    "FINISH",
];

/// Namespaces of functions that go by their arguments alone.
const PURE: [&str; 7] = [
    "date",
    "datetime",
    "localdatetime",
    "time",
    "localtime",
    "duration",
    "point",
];

/// Functions whose answer is another one each time, or comes from outside.
const UNSTEADY: [&str; 5] = ["rand", "randomuuid", "timestamp", "file", "linenumber"];

/// Names that derived statements use themselves.
const RESERVED: [&str; 2] = ["own", "row"];

/// Subqueries that a rule is not woken by, and one engine lacks.
const SUBQUERIES: [&str; 2] = ["COUNT", "COLLECT"];

const CLAUSE_HINT: &str =
    "a rule only reads: it is one MATCH with one WHERE, and what it derives is written for it";

/// Notes what a body, without its comments, must not hold. Whether its words could be told apart.
pub(crate) fn body(text: &str, problems: &mut Vec<Problem>) -> bool {
    problems.extend(disguises(text).map(|fault| fault.within(text)));
    match scan::words(text) {
        Ok(words) => {
            let mut told = BTreeSet::new();
            for fault in words.iter().filter_map(|word| word_of(word, &CLAUSES)) {
                let problem = fault.within(text);
                if told.insert(problem.clone()) {
                    problems.push(problem);
                }
            }
            true
        }
        Err(fault) => {
            problems.push(fault.within(text));
            false
        }
    }
}

/// Notes what a header's expression must not hold.
pub(crate) fn expression(key: &str, line: usize, text: &str, problems: &mut Vec<Problem>) {
    let mut note = |what: &str, hint: &str| {
        problems.push(Problem::new(line, format!("{key}: {what}"), hint));
    };
    if text.trim().is_empty() {
        note("it is empty", "give an expression such as \"from.key\"");
    }
    if scan::without_comments(text) != text {
        let hint = "write it as a line of its own, which begins with `//` and a blank";
        note("a comment is not allowed in an expression", hint);
    }
    for fault in disguises(text) {
        note(&fault.what, fault.hint);
    }
    let clauses = [&CLAUSES[..], &["MATCH"]].concat();
    match scan::words(text) {
        Err(fault) => note(&fault.what, fault.hint),
        Ok(words) => {
            for fault in words.iter().filter_map(|word| word_of(word, &clauses)) {
                note(&fault.what, fault.hint);
            }
        }
    }
}

/// What would read as something else than it looks.
fn disguises(text: &str) -> impl Iterator<Item = Fault<'_>> {
    let at = |part: &str| text.find(part).map(|at| &text[at..]);
    let escape = at("\\u").map(|at| {
        let hint = "write the character itself: one engine reads escapes before all else";
        Fault::new(at, "a `\\u` escape is not allowed", hint)
    });
    let braces = at("{{").map(|at| {
        let hint = "put a blank between them";
        Fault::new(at, "`{{` is not allowed", hint)
    });
    escape.into_iter().chain(braces)
}

fn word_of<'a>(word: &Word<'a>, clauses: &[&str]) -> Option<Fault<'a>> {
    let fault = |what: String, hint| Some(Fault::new(word.text, what, hint));
    let name = word.text;
    let is_property = matches!(word.before, '.' | ':');
    if word.before == '$' {
        let hint = "a rule has no parameters: write the value itself";
        return fault(format!("`${name}` is not allowed"), hint);
    }
    if !is_property && (RESERVED.contains(&name) || name.starts_with(MADE_UP)) {
        let hint = "rename it: `own`, `row` and what begins with `polar_` stand in the statements \
                    that follow from a rule";
        return fault(format!("the variable `{name}` is reserved"), hint);
    }
    if word.after == Some('(') {
        return call(word).or_else(|| clause(word, clauses));
    }
    let upper = name.to_ascii_uppercase();
    if word.after == Some('{') && !word.is_name() && SUBQUERIES.contains(&upper.as_str()) {
        let hint = "the embedded engine has none: use EXISTS { … }, or a longer chain in MATCH";
        return fault(format!("`{upper} {{ … }}` is not allowed"), hint);
    }
    clause(word, clauses)
}

/// What is wrong with calling a function.
fn call<'a>(word: &Word<'a>) -> Option<Fault<'a>> {
    let refused = |hint| {
        let what = format!("the function `{}` is not allowed", word.path);
        Some(Fault::new(word.text, what, hint))
    };
    let root = word.path.split('.').next().unwrap_or_default();
    let root = root.to_ascii_lowercase();
    match word.before {
        _ if word.is_quoted => refused("call functions without backticks"),
        '.' if !PURE.contains(&root.as_str()) => refused(
            "a rule asks the graph alone: functions of plugins and of the server may reach outside \
             it, and stand on one engine only",
        ),
        '.' => None,
        _ if UNSTEADY.contains(&root.as_str()) => {
            refused("a rule must say the same each time that it is asked of the same graph")
        }
        _ => None,
    }
}

fn clause<'a>(word: &Word<'a>, clauses: &[&str]) -> Option<Fault<'a>> {
    let upper = word.text.to_ascii_uppercase();
    let is_clause = !word.is_name() && !word.is_operator && clauses.contains(&upper.as_str());
    let what = format!("`{upper}` is not allowed");
    is_clause.then(|| Fault::new(word.text, what, CLAUSE_HINT))
}
