//! Explanations as trees.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use polar_explain::{
    Candidate, Explanation, Form, HopAnswer, NodeAnswer, Outcome, ReferenceAnswer, RuleAnswer,
    State,
};
use termtree::Tree;

type Node = Tree<String>;

/// Prints an explanation, the reference first, then node by node.
pub(crate) fn explained(out: &mut impl Write, explanation: &Explanation) -> io::Result<()> {
    let mut trees: Vec<_> = explanation.reference.iter().map(reference).collect();
    trees.extend(explanation.nodes.iter().map(node));
    for (place, tree) in trees.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        for line in tree.to_string().lines() {
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    if explanation.left_out > 0 {
        let more = explanation.left_out;
        writeln!(out, "\n{more} more; give one of them as Label:key")?;
    }
    Ok(())
}

fn reference(reference: &ReferenceAnswer) -> Node {
    let mut tree = Tree::new(format!("reference {}", reference.canonical));
    for found in &reference.forms {
        tree.push(form(found));
    }
    tree
}

fn form(form: &Form) -> Node {
    let mut tree = Tree::new(format!("by {}  {}", form.kind, form.reference));
    if !form.known {
        tree.push(Tree::new("? the graph has no such reference".to_owned()));
    } else if form.identified_by.is_empty() {
        tree.push(Tree::new("? nothing identifies it".to_owned()));
    }
    for identified in &form.identified_by {
        let until = identified
            .until
            .as_ref()
            .map(|until| format!("  until {until}"));
        let (label, key) = (&identified.node.label, &identified.node.key);
        tree.push(Tree::new(format!(
            "{label} {key}{}",
            until.unwrap_or_default()
        )));
    }
    more(&mut tree, form.left_out);
    tree
}

fn more(tree: &mut Node, left_out: u64) {
    if left_out > 0 {
        tree.push(Tree::new(format!("and {left_out} more")));
    }
}

fn node(answer: &NodeAnswer) -> Node {
    let mut tree = Tree::new(format!("{} {}", answer.node.label, answer.node.key));
    if answer.rules.is_empty() {
        tree.push(Tree::new(format!(
            "no rule derives anything at a {}",
            answer.node.label
        )));
    }
    for found in &answer.rules {
        tree.push(rule(found));
    }
    tree
}

fn rule(answer: &RuleAnswer) -> Node {
    let derives = match (answer.kind, answer.end) {
        ("finding", _) => format!("finding {}", answer.derives),
        (_, "to") => format!("<-{}-", answer.derives),
        _ => format!("-{}->", answer.derives),
    };
    let because = answer.because.as_deref().unwrap_or_default();
    let (sign, text) = match answer.state {
        State::Present => ("+", String::new()),
        State::Stale => ("-", format!(": {because}")),
        State::Missing => ("?", format!(": {because}")),
        State::DoesNotApply => (".", format!(": does not apply, because {because}")),
        State::ByAnother => (".", format!(": not by this rule, since {because}")),
        State::Due | State::Covered => (".", format!(": {because}")),
    };
    let mut tree = Tree::new(format!("{sign} {}  {derives}{text}", answer.rule));
    for outcome in &answer.derived {
        tree.push(Tree::new(derived(outcome)));
    }
    if matches!(answer.state, State::Present | State::Stale | State::Missing) {
        for found in &answer.hops {
            tree.push(hop(found));
        }
    }
    let failed = answer.failed.iter();
    let values: BTreeMap<_, _> = failed.flat_map(|failed| &failed.values).collect();
    for (name, value) in values {
        tree.push(Tree::new(format!("{name} is {value}")));
    }
    for found in &answer.candidates {
        tree.push(candidate(found));
    }
    tree
}

fn derived(outcome: &Outcome) -> String {
    let grade = match (outcome.confidence, &outcome.severity) {
        (Some(confidence), _) => format!("{confidence:?}"),
        (None, Some(severity)) => severity.clone(),
        (None, None) => String::new(),
    };
    let mut text = match outcome.node.label.as_str() {
        "Finding" => format!("[{grade}: {}]", outcome.evidence),
        label => format!(
            "{label} {}  [{grade}: {}]",
            outcome.node.key, outcome.evidence
        ),
    };
    for (word, time) in [("from", &outcome.from), ("until", &outcome.until)] {
        if let Some(time) = time {
            text += &format!("  {word} {time}");
        }
    }
    if let Some(by) = &outcome.produced_by {
        text += &format!("  by {by}");
    }
    if outcome.best {
        text += "  <- best";
    }
    text
}

fn hop(hop: &HopAnswer) -> Node {
    let sign = if hop.count == 0 { "missing" } else { "there  " };
    let mut text = format!("{sign}  {}", hop.hop);
    let keys: Vec<_> = hop
        .examples
        .iter()
        .map(|found| found.key.as_str())
        .collect();
    match hop.count.saturating_sub(keys.len() as u64) {
        0 if keys.is_empty() => {}
        0 => text += &format!("  {}", keys.join(", ")),
        more => text += &format!("  {} and {more} more", keys.join(", ")),
    }
    Tree::new(text)
}

fn candidate(candidate: &Candidate) -> Node {
    let node = candidate.node.as_ref();
    let node = node.map(|node| format!("{} {}: ", node.label, node.key));
    let reason = candidate.reason.as_str();
    let text = format!(
        "near: {reason}: {}{}",
        node.unwrap_or_default(),
        candidate.detail
    );
    let mut tree = Tree::new(text);
    if let Some(suggestion) = &candidate.suggestion {
        tree.push(Tree::new(suggestion.clone()));
    }
    tree
}
