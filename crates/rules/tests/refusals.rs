//! Each reason to refuse a rule, with the line of what is wrong.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail")]

use polar_rules::{Problem, Rule, RuleError, builtin_rules, check_reads};

/// The lines of a sound rule: a header of four lines, a comment, and a body of two.
const SOUND: [&str; 7] = [
    "//! title    = \"t\"",
    "//! link     = \"NEAR\"",
    "//! reads    = [\"X\"]",
    "//! evidence = \"from.key\"",
    "// why",
    "MATCH (from:A)-[:X]->(to:B)",
    "WHERE from.x = 1",
];

/// The sound rule with one line replaced, by its number from 1.
fn with(line: usize, text: &str) -> Result<Rule, RuleError> {
    let mut lines = SOUND.to_vec();
    lines[line - 1] = text;
    Rule::parse("x", &lines.join("\n"))
}

/// That the sound rule is refused with a line replaced, for what stands in the last line put there.
fn refused(line: usize, text: &str, says: &str) {
    let error = with(line, text).unwrap_err();
    let last = line + text.lines().count().max(1) - 1;
    let tells = |problem: &&Problem| {
        problem.line == last && problem.what.contains(says) && !problem.hint.is_empty()
    };
    assert!(
        error.problems.iter().any(|problem| tells(&problem)),
        "{text}: no `{says}` in line {last}: {error}"
    );
}

#[test]
fn a_sound_rule_is_none_of_it() {
    Rule::parse("x", &SOUND.join("\n")).unwrap();
}

#[test]
fn what_writes_or_reaches_outside_is_refused() {
    let last = |text: &str, says: &str| refused(7, &format!("WHERE from.x = 1\n AND {text}"), says);
    for clause in [
        "CREATE", "MERGE", "SET", "DELETE", "DETACH", "REMOVE", "CALL", "FOREACH", "LOAD", "INSERT",
    ] {
        last(&format!("1 {clause} (n)"), clause);
        last(&format!("1 {}(n)", clause.to_lowercase()), clause);
        last(
            &format!("EXISTS {{ (from) WHERE 1 = 1 {clause} (n) }}"),
            clause,
        );
        last(&format!("1 /* not */{clause}/**/ (n)"), clause);
    }
    last("LOAD CSV FROM 'x' AS line", "LOAD");
    last("1 \\u0053ET to.x = 2", "\\u");
    last("to.x = '\\u0027 SET to.x = 2'", "\\u");
    last("to.x = '{{evidence}}'", "{{");
    last("to.x = $x", "$x");
    last("to.x = 1; SET to.x = 2", "`;`");
    last("apoc.load.json(to.x) = 1", "apoc.load.json");
    last("apoc . load . json (to.x) = 1", "apoc.load.json");
    last("`apoc.load.json`(to.x) = 1", "apoc.load.json");
    last("to.x = randomUUID()", "randomUUID");
    last("COUNT { (from) } > 1", "COUNT");
    last("COLLECT{ MATCH (from) RETURN from } = []", "COLLECT");
    let evidence = |text: &str, says: &str| refused(4, &format!("//! evidence = {text}"), says);
    evidence("\"from.key SET x = 1\"", "SET");
    evidence("\"apoc.load.json(from.key)\"", "apoc.load.json");
    evidence("\"from.key // why\"", "comment");
    evidence("\"from.key /*\"", "comment");
    evidence("'\\u0053'", "\\u");
    evidence("\"from.key) OR (true\"", "never opened");
}

#[test]
fn words_that_only_look_like_it_are_fine() {
    for condition in [
        "from.x = 'SET' AND to.set = \"CREATE (n)\"",
        "from.x = 1 // SET to.x = 2",
        "from.x = 1 /* MERGE\n (n) */",
        "from.`CREATE` = to.`delete`",
        "date.truncate('day', from.x) = duration.between(from.x, to.x)",
        "from.x STARTS WITH 'a' AND (to.x) IN ['b']",
        "from.path = 'C:\\\\Users' AND from.url = 'https://example.com'",
    ] {
        let rule = with(7, &format!("WHERE {condition}"));
        assert!(rule.is_ok(), "{condition}: {}", rule.unwrap_err());
    }
}

#[test]
fn mistakes_in_the_header_are_told_with_their_line() {
    refused(1, "//! titel = \"t\"", "unknown header `titel`");
    refused(1, "//! title = t", "no TOML");
    refused(1, "//! title = 7", "`title` must be text");
    refused(1, "", "lacks `title`");
    refused(2, "//! link = \"NEAR BY\"", "no type of an edge");
    refused(
        2,
        "//! link = \"N\"\n//! finding = \"f\"",
        "derives link and finding",
    );
    refused(
        2,
        "//! link = \"N\"\n//! severity = \"low\"",
        "says nothing about a link",
    );
    refused(
        2,
        "//! link = \"N\"\n//! until = [\"1\"]",
        "says nothing about a link",
    );
    refused(2, "//! link = \"N\"\n//! confidence = 2", "not from 0 to 1");
    refused(2, "//! link = \"N\"\n//! anchor = \"ref\"", "anchor `ref`");
    refused(2, "//! timeline = \"NEAR\"", "none of `at`");
    refused(3, "//! reads = \"X\"", "must be a list");
    refused(3, "//! reads = [\"X Y\"]", "no type of an edge");
    refused(4, "//! evidence = \"\"", "empty");
}

#[test]
fn mistakes_in_the_body_are_told_with_their_line() {
    refused(6, "MATCH (from:A)-[:X]->\n  (to)", "`to` has no label");
    refused(6, "MATCH (from:A)-[:X]->(b:B)", "no `to`");
    refused(
        6,
        "MATCH (from:A)-[:X]->(to:B),\n  (a:B)-[:X](c)",
        "no whole edge",
    );
    refused(6, "MATCH (from:A)-[own:X]->(to:B)", "`own` is reserved");
    refused(6, "MATCH (from:A)-[`row`:X]->(to:B)", "`row` is reserved");
    refused(6, "MATCH (from:A)-[:X]->(to:B)\nMATCH (to)", "one MATCH");
    refused(7, "WHERE from.x = 1\nWHERE to.x = 1", "one WHERE");
    refused(7, "WHERE", "no condition");
    refused(7, "WHERE from.x = 1\n  RETURN to", "RETURN");
    refused(7, "WHERE from.x = 1\n  AND NOT (to) -[:X]-> (:A)", "EXISTS");
    refused(7, "WHERE EXISTS { (to)-[:X]->\n (:A:B) }", "`(:A:B)");
    refused(7, "WHERE from.x = (1", "never closed");
    refused(7, "WHERE from.x = (1]", "] closes the (");
    refused(7, "WHERE from.x = 'a", "never closed");
    let no_body = Rule::parse("x", &SOUND[..5].join("\n")).unwrap_err();
    let says = "line 5: the body must begin with MATCH";
    assert!(no_body.to_string().contains(says), "{no_body}");
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let lines = |name: &str, text: &str| {
        let error = Rule::parse(name, text).unwrap_err();
        let lines = error.problems.iter().map(|problem| problem.line);
        lines.collect::<Vec<_>>()
    };
    let text =
        "//! titel = \"t\"\n//! link = 7\n//! reads = []\nMATCH (from)\nWHERE 1 SET x\nREMOVE y";
    // Unknown `titel`, no title, no evidence.
    assert_eq!(lines("x", text), [1, 1, 1, 2, 5, 6]);
    assert_eq!(lines("a|b", &SOUND.join("\n")), [1]);
}

#[test]
fn built_in_rules_say_what_they_read() {
    assert_eq!(check_reads(&builtin_rules().unwrap()), []);
}

#[test]
fn what_reads_lacks_and_has_too_much_is_told() {
    let mut other = with(2, "//! link = \"X\"").unwrap();
    other.name = "other".to_owned();
    let told = |rule: Rule, says: &str| {
        let problems = check_reads(&[other.clone(), rule]);
        let of_rule = problems.iter().filter(|(name, _)| name == "x");
        let of_rule: Vec<_> = of_rule.map(|(_, problem)| problem).collect();
        assert_eq!(of_rule.len(), 1, "{problems:?}");
        assert!(of_rule[0].what.contains(says), "{problems:?}");
        assert_eq!(of_rule[0].line, 3);
    };
    told(
        with(3, "//! reads = []").unwrap(),
        "lacks X, which the rule walks and `other` derives",
    );
    told(with(3, "//! reads = [\"X\", \"Y\"]").unwrap(), "has Y");
    let untyped = "MATCH (from:A)-[:X]->(to:B), (to)-[]->(from)";
    told(with(6, untyped).unwrap(), "no type");
}

#[test]
fn a_place_in_a_statement_is_found_in_the_file() {
    let rule = with(
        7,
        "WHERE from.x = 1\n\n  AND to.y = 2 // here\n  AND to.z = 3",
    )
    .unwrap();
    let derived = rule.derive(polar_rules::Dialect::Key);
    let statement = &derived.all.missing;
    let line_of = |text: &str| {
        let at = statement.find(text).unwrap();
        let before = &statement[..at];
        let line = 1 + before.matches('\n').count();
        let column = 1 + at - before.rfind('\n').map_or(0, |at| at + 1);
        rule.line_in_file(statement, line, column)
    };
    assert_eq!(line_of("from.x ="), Some(7));
    assert_eq!(line_of("to.y"), Some(9));
    assert_eq!(line_of("to.z"), Some(10));
    assert_eq!(line_of("(from:A)"), Some(6));
    assert_eq!(line_of("from.key"), Some(4));
    assert_eq!(line_of("RETURN"), None, "not the author's");
    assert_eq!(rule.line_with("z"), Some(10));
    assert_eq!(rule.line_with("nothing"), None);
    let lines =
        "//! evidence = \"\"\"\n//!   from.key +\n//!   size([from.one,\n//!     to.two])\"\"\"";
    let rule = with(4, lines).unwrap();
    let words = ["key", "one", "two"].map(|word| rule.line_with(word));
    assert_eq!(words, [Some(5), Some(6), Some(7)]);
}
