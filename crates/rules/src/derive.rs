//! From one pattern: what is missing, what is stale, and how to write and remove it.

use crate::{Effect, Rule};

/// How the store names a node in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// By `elementId`, which any node has.
    ElementId,
    /// By the merge key, where the store cannot seek by id.
    Key,
}

/// The statements of one rule. All take `$rule`; rows have `source`, `target` and `evidence`.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// Rows for what the pattern yields and the graph does not have. Reads.
    pub missing: String,
    /// Writes `$rows`; a link also takes `$confidence` and `$now`, a finding `$kind`, `$severity`,
    /// `$now` and in each row `finding`, the finding's key.
    pub create: String,
    /// Rows for what the rule derived earlier and the pattern no longer yields. Reads; a link also
    /// takes `$confidence`. One statement after the other.
    pub stale: Vec<String>,
    /// Removes `$rows`, only what carries the rule's name.
    pub delete: String,
    /// How much carries the rule's name: one row, `holding`. Reads.
    pub count: String,
}

impl Rule {
    /// The statements that follow from this rule.
    #[must_use]
    pub fn derive(&self, dialect: Dialect) -> Derived {
        let fill = |template: &str| self.fill(template, dialect);
        match &self.effect {
            Effect::Link { .. } => Derived {
                missing: fill(include_str!("../cypher/link-missing.cypher")),
                create: fill(include_str!("../cypher/link-create.cypher")),
                stale: vec![fill(include_str!("../cypher/link-stale.cypher"))],
                delete: fill(include_str!("../cypher/link-delete.cypher")),
                count: fill(include_str!("../cypher/link-count.cypher")),
            },
            Effect::Finding { .. } => Derived {
                missing: fill(include_str!("../cypher/finding-missing.cypher")),
                create: fill(include_str!("../cypher/finding-create.cypher")),
                stale: vec![
                    fill(include_str!("../cypher/finding-stale.cypher")),
                    fill(include_str!("../cypher/finding-adrift.cypher")),
                ],
                delete: fill(include_str!("../cypher/finding-delete.cypher")),
                count: fill(include_str!("../cypher/finding-count.cypher")),
            },
        }
    }

    fn fill(&self, template: &str, dialect: Dialect) -> String {
        let id = |variable: &str| match dialect {
            Dialect::ElementId => format!("elementId({variable})"),
            Dialect::Key => format!("{variable}.key"),
        };
        // The label is asked for with the id too: ids are reused once a node is gone.
        let row = |variable: &str, label: &str, column: &str| match dialect {
            Dialect::ElementId => {
                format!("({variable}:{label}) WHERE elementId({variable}) = row.{column}")
            }
            Dialect::Key => format!("({variable}:{label} {{key: row.{column}}})"),
        };
        let mut text = template
            .replace("{{from_id}}", &id("from"))
            .replace("{{to_id}}", &id("to"))
            .replace("{{subject_id}}", &id("subject"));
        match &self.effect {
            Effect::Link { link, from, to, .. } => {
                text = text
                    .replace("{{link}}", link)
                    .replace("{{from_row}}", &row("from", from, "source"))
                    .replace("{{to_row}}", &row("to", to, "target"));
            }
            Effect::Finding { subject, .. } => {
                text = text.replace("{{subject_row}}", &row("subject", subject, "source"));
            }
        }
        // Text that the rule's author wrote goes in last, so that nothing in it is replaced.
        let condition = format!("({})", self.condition);
        text.replace("{{pattern}}", &self.pattern)
            .replace("{{condition}}", &condition)
            .replace("{{evidence}}", &self.evidence)
    }
}
