//! The order in which rules run: a rule after all that derive what it reads.

use crate::Rule;

/// Rules that wait for each other.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("these rules read what each other derives, in a circle: {}", .0.join(" → "))]
pub struct OrderError(pub Vec<String>);

/// Sorts rules by what they read; ties by name, links before findings.
///
/// # Errors
/// [`OrderError`] if there is a circle.
pub fn in_order(mut rules: Vec<Rule>) -> Result<Vec<Rule>, OrderError> {
    rules.sort_by(|a, b| {
        let key = |rule: &Rule| (rule.link().is_none(), rule.name.clone());
        key(a).cmp(&key(b))
    });
    let mut ordered = Vec::with_capacity(rules.len());
    while !rules.is_empty() {
        let ready = |rule: &Rule| {
            !rules
                .iter()
                .filter_map(Rule::link)
                .any(|link| rule.reads.iter().any(|read| read == link))
        };
        match rules.iter().position(ready) {
            Some(at) => ordered.push(rules.remove(at)),
            None => {
                return Err(OrderError(
                    rules.into_iter().map(|rule| rule.name).collect(),
                ));
            }
        }
    }
    Ok(ordered)
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
        let error = in_order(vec![rule("a", "A", "B"), rule("b", "B", "A")]).unwrap_err();
        assert_eq!(error.0, ["a", "b"]);
    }
}
