//! The body of a rule file: one MATCH with one WHERE.

use crate::{
    Problem,
    pattern::Pattern,
    problem::Fault,
    refuse,
    scan::{self, Word},
};

/// A body, as it stands in the file without its comments.
#[derive(Debug)]
pub(crate) struct Body {
    /// What follows MATCH.
    pub(crate) pattern: String,
    /// What follows WHERE; `true` if there is none.
    pub(crate) condition: String,
    /// Where both begin in the file.
    pub(crate) begins: [usize; 2],
    /// The whole file without comments, the places in it as they were.
    pub(crate) text: String,
    pub(crate) graph: Pattern,
}

const BEGIN_HINT: &str = "below the header, write MATCH and a pattern, then WHERE and a condition";

impl Body {
    /// Reads the body, and notes all that is wrong with it.
    pub(crate) fn read(text: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let text = scan::without_comments(text);
        let sound = problems.len();
        if !refuse::body(&text, problems) || problems.len() > sound {
            return None;
        }
        match parts(&text) {
            Ok((pattern, condition, graph)) => Some(Self {
                begins: [pattern, condition].map(|part| scan::place(&text, part)),
                pattern: pattern.to_owned(),
                condition: match condition {
                    "" => "true".to_owned(),
                    condition => condition.to_owned(),
                },
                graph,
                text: text.clone(),
            }),
            Err(fault) => {
                problems.push(fault.within(&text));
                None
            }
        }
    }

    /// The label of a variable of the pattern; it is noted if there is none.
    pub(crate) fn label(&self, variable: &str, problems: &mut Vec<Problem>) -> Option<String> {
        let node = self.graph.node(variable);
        let label = node.and_then(|node| self.graph.nodes[node].label.clone());
        if label.is_none() {
            let words = scan::words(&self.text).unwrap_or_default();
            let at = words.iter().find(|word| word.text == variable);
            let at = at.map_or(&self.text[self.begins[0]..], |word| word.text);
            let what = match node {
                Some(_) => format!("`{variable}` has no label"),
                None => format!("the pattern has no `{variable}`"),
            };
            problems.push(Problem::new(
                crate::problem::line_of(&self.text, at),
                what,
                format!("name it and its label in the pattern, as in ({variable}:KubePod)"),
            ));
        }
        if let Some(odd) = label.as_ref().filter(|label| !scan::is_name(label)) {
            let line = 1 + self.text[..self.begins[0]].matches('\n').count();
            let what = format!("the label {odd} of `{variable}` is no plain name");
            let hint = "use a label of letters, digits and underscores";
            problems.push(Problem::new(line, what, hint));
        }
        label
    }
}

/// The pattern, the condition, and both as a graph.
fn parts(text: &str) -> Result<(&str, &str, Pattern), Fault<'_>> {
    let words = scan::words(text)?;
    let of = |keyword: &str| -> Vec<&str> {
        let is = |word: &&Word<'_>| word.depth == 0 && word.is_keyword(keyword);
        words.iter().filter(is).map(|word| word.text).collect()
    };
    let (matches, wheres) = (of("MATCH"), of("WHERE"));
    let begin = text.trim();
    let first = match matches.as_slice() {
        [] => {
            let at = if begin.is_empty() {
                &text[text.len()..]
            } else {
                begin
            };
            return Err(Fault::new(at, "the body must begin with MATCH", BEGIN_HINT));
        }
        [first] => scan::place(text, first),
        [_, second, ..] => {
            let hint = "write it as one chain, and ask for what is beside it in EXISTS { … }";
            return Err(Fault::new(second, "a rule has one MATCH", hint));
        }
    };
    if !text[..first].trim().is_empty() {
        return Err(Fault::new(
            begin,
            "the body must begin with MATCH",
            BEGIN_HINT,
        ));
    }
    if let [_, second, ..] = wheres.as_slice() {
        let hint = "join the conditions with AND";
        return Err(Fault::new(second, "a rule has one WHERE", hint));
    }
    let after = first + "MATCH".len();
    let (pattern, condition) = match wheres.first() {
        Some(word) => {
            let at = scan::place(text, word);
            let condition = text[at + "WHERE".len()..].trim();
            if condition.is_empty() {
                let hint = "write a condition after it, or leave WHERE out";
                return Err(Fault::new(word, "WHERE has no condition", hint));
            }
            (&text[after.min(at)..at], condition)
        }
        None => (&text[after..], ""),
    };
    let graph = Pattern::parse(pattern.trim(), condition)?;
    Ok((pattern.trim(), condition, graph))
}
