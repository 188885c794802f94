//! From one pattern: what is missing, what is stale, and how to write and remove it.

use crate::{Effect, Rule, pattern::Step};

/// How the store names a node in a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// By `elementId`, which any node has.
    ElementId,
    /// By the merge key, where the store cannot seek by id.
    Key,
}

/// The statements of one rule. All take `$rule`, those of a finding `$kind` and `$severity`, too; rows
/// have `source`, `target` and `evidence`.
///
/// Of a timeline, `all.missing` yields all anchors; `around.missing` yields what the pattern says: the
/// columns `at_0`, `at_1`… and `until_0`… with times, and `produced_by`; `around.stale` yields what its `$rules`
/// derived earlier, with `begins`, `until`, `produced_by`, `rule` and `confidence`, as the rows of `create` have.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// What to look at.
    pub all: Compared,
    /// Where a rule's anchors are given as `$rows` of `anchor`: what to look at around them.
    pub around: Compared,
    /// Which anchors a change can concern.
    pub wakes: Vec<Wake>,
    /// Writes `$rows`; a link also takes `$confidence` and `$now`, a finding `$now` and in each row
    /// `finding`, its key.
    pub create: String,
    /// Removes `$rows`, only what carries the rule's name.
    pub delete: String,
    /// How much carries the rule's name: one row, `holding`. Reads.
    pub count: String,
}

/// The pattern against the graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// Rows for what the pattern yields and the graph does not have. Reads.
    pub missing: String,
    /// Rows for what the rule derived earlier and the pattern no longer yields. Reads; a link also
    /// takes `$confidence`. One statement after the other.
    pub stale: Vec<String>,
}

/// How to find the anchors that a change concerns. Rows have `anchor`. Reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Wake {
    /// What changed.
    pub cause: Cause,
    /// The statement.
    pub text: String,
    /// Whether a row means all anchors, since nothing leads from what changed to them.
    pub all: bool,
}

/// What can change around an anchor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cause {
    /// A fact at a node of this label; the statement takes `$since`, a number of a change.
    Node {
        /// The label.
        label: String,
    },
    /// A link that a rule created or removed; the statement takes `$rows` of `end`, one of its ends.
    Link {
        /// Its type.
        link: String,
        /// Whether the ends are those where the links start.
        starts: bool,
    },
}

impl Rule {
    /// The statements that follow from this rule.
    #[must_use]
    pub fn derive(&self, dialect: Dialect) -> Derived {
        let filler = Filler {
            rule: self,
            dialect,
            names: "",
        };
        filler.derive()
    }

    /// As [`Rule::derive`]; rows of links also have `source_key` and `target_key`, to tell people of.
    #[must_use]
    pub fn derive_named(&self, dialect: Dialect) -> Derived {
        let filler = Filler {
            rule: self,
            dialect,
            names: ", from.key AS source_key, to.key AS target_key",
        };
        filler.derive()
    }
}

struct Filler<'a> {
    rule: &'a Rule,
    dialect: Dialect,
    /// Columns with the keys of a link's ends, which a pass that writes has no use for.
    names: &'static str,
}

impl Filler<'_> {
    fn derive(&self) -> Derived {
        let plain = |template: &str| self.fill(template, "", &self.rule.pattern);
        let start = format!(
            "UNWIND $rows AS row\nMATCH {}\n",
            self.row(&self.rule.anchor, &self.rule.anchor_label, "anchor")
        );
        let from_anchor = self.rule.graph.text_from(self.rule.anchor_node);
        let around = |template: &str| self.fill(template, &start, &from_anchor);
        // A stale one is sought from the link or the finding, with the pattern as it was written.
        let around_own = |template: &str| self.fill(template, &start, &self.rule.pattern);
        let (all, around, create, delete, count) = match &self.rule.effect {
            Effect::Link { .. } => (
                Compared {
                    missing: plain(include_str!("../cypher/link-missing.cypher")),
                    stale: vec![plain(include_str!("../cypher/link-stale.cypher"))],
                },
                Compared {
                    missing: around(include_str!("../cypher/link-missing.cypher")),
                    stale: vec![around_own(include_str!("../cypher/link-stale.cypher"))],
                },
                plain(include_str!("../cypher/link-create.cypher")),
                plain(include_str!("../cypher/link-delete.cypher")),
                plain(include_str!("../cypher/link-count.cypher")),
            ),
            Effect::Timeline { .. } => (
                Compared {
                    missing: plain(include_str!("../cypher/timeline-anchors.cypher")),
                    stale: Vec::new(),
                },
                Compared {
                    missing: around(include_str!("../cypher/timeline-sightings.cypher")),
                    stale: vec![around_own(include_str!("../cypher/timeline-own.cypher"))],
                },
                plain(include_str!("../cypher/timeline-write.cypher")),
                plain(include_str!("../cypher/timeline-delete.cypher")),
                plain(include_str!("../cypher/link-count.cypher")),
            ),
            Effect::Finding { .. } => (
                Compared {
                    missing: plain(include_str!("../cypher/finding-missing.cypher")),
                    stale: vec![
                        plain(include_str!("../cypher/finding-stale.cypher")),
                        plain(include_str!("../cypher/finding-adrift.cypher")),
                        plain(include_str!("../cypher/finding-changed.cypher")),
                    ],
                },
                Compared {
                    missing: around(include_str!("../cypher/finding-missing.cypher")),
                    stale: vec![around_own(include_str!("../cypher/finding-stale.cypher"))],
                },
                plain(include_str!("../cypher/finding-create.cypher")),
                plain(include_str!("../cypher/finding-delete.cypher")),
                plain(include_str!("../cypher/finding-count.cypher")),
            ),
        };
        Derived {
            all,
            around,
            wakes: self.wakes(),
            create,
            delete,
            count,
        }
    }

    fn id(&self, variable: &str) -> String {
        match self.dialect {
            Dialect::ElementId => format!("elementId({variable})"),
            Dialect::Key => format!("{variable}.key"),
        }
    }

    /// A node by its id in a column. The label is asked for too: ids are reused once a node is gone.
    fn row(&self, variable: &str, label: &str, column: &str) -> String {
        match self.dialect {
            Dialect::ElementId => {
                format!("({variable}:{label}) WHERE elementId({variable}) = row.{column}")
            }
            Dialect::Key => format!("({variable}:{label} {{key: row.{column}}})"),
        }
    }

    fn fill(&self, template: &str, start: &str, pattern: &str) -> String {
        let mut text = template
            .replace("{{from_id}}", &self.id("from"))
            .replace("{{to_id}}", &self.id("to"))
            .replace("{{subject_id}}", &self.id("subject"))
            .replace("{{names}}", self.names);
        match &self.rule.effect {
            Effect::Link { link, from, to, .. } | Effect::Timeline { link, from, to, .. } => {
                text = text
                    .replace("{{from_label}}", from)
                    .replace("{{to_label}}", to)
                    .replace("{{link}}", link)
                    .replace("{{from_row}}", &self.row("from", from, "source"))
                    .replace("{{to_row}}", &self.row("to", to, "target"));
            }
            Effect::Finding { subject, .. } => {
                text = text.replace("{{subject_row}}", &self.row("subject", subject, "source"));
            }
        }
        let mut times = String::new();
        let mut by = "null";
        if let Effect::Timeline {
            at, until, by: who, ..
        } = &self.rule.effect
        {
            for (name, expressions) in [("at", at), ("until", until)] {
                for (number, text) in expressions.iter().enumerate() {
                    times.push_str(&format!("({text}) AS {name}_{number}, "));
                }
            }
            by = who.as_deref().unwrap_or(by);
        }
        // Text that the rule's author wrote goes in last, so that nothing in it is replaced.
        let condition = format!("({})", self.rule.condition);
        let evidence = format!("coalesce(toString({}), '')", self.rule.evidence);
        text.replace("{{start}}", start)
            .replace("{{pattern}}", pattern)
            .replace("{{condition}}", &condition)
            .replace("{{evidence}}", &evidence)
            .replace("{{times}}", &times)
            .replace("{{by}}", by)
    }

    /// For each node of the pattern, those in `EXISTS` included: which anchors its change concerns.
    /// For each edge: which ones do, if it is derived and comes or goes.
    fn wakes(&self) -> Vec<Wake> {
        let graph = &self.rule.graph;
        let anchor = self.rule.anchor_node;
        let mut wakes: Vec<Wake> = Vec::new();
        let mut add = |wake: Wake| {
            if !wakes.contains(&wake) {
                wakes.push(wake);
            }
        };
        for (number, node) in graph.nodes.iter().enumerate() {
            let Some(label) = &node.label else { continue };
            let cause = Cause::Node {
                label: label.clone(),
            };
            add(match graph.way(number, anchor) {
                Some(steps) => Wake {
                    cause,
                    text: self.way(
                        &include_str!("../cypher/wake-changed.cypher").replace("{{label}}", label),
                        &steps,
                    ),
                    all: false,
                },
                None => Wake {
                    cause,
                    // What stands in braces is taken for what a thing is, and does not change; it is
                    // left out if it may speak of other nodes.
                    text: include_str!("../cypher/wake-whole.cypher")
                        .replace("{{changed}}", &node.text(!node.map.contains('.')))
                        .replace("{{variable}}", &node.variable),
                    all: true,
                },
            });
        }
        for (number, edge) in graph.edges.iter().enumerate() {
            for (end, starts) in edge.ends() {
                let Some(steps) = graph.way_beside(number, end, anchor) else {
                    continue;
                };
                let Some(label) = &graph.nodes[end].label else {
                    continue;
                };
                let text = self.way(
                    &include_str!("../cypher/wake-linked.cypher")
                        .replace("{{changed_row}}", &self.row("changed", label, "end")),
                    &steps,
                );
                for link in &edge.types {
                    let link = link.clone();
                    add(Wake {
                        cause: Cause::Link { link, starts },
                        text: text.clone(),
                        all: false,
                    });
                }
            }
        }
        wakes
    }

    /// The template of a wake with the way that leads from what changed to the anchor.
    fn way(&self, template: &str, steps: &[Step]) -> String {
        let (way, anchor) = if steps.is_empty() {
            (String::new(), "changed")
        } else {
            let way = self.rule.graph.way_text("changed", steps, "anchor");
            (format!("MATCH {way}\n"), "anchor")
        };
        template
            .replace("{{way}}", &way)
            .replace("{{anchor_id}}", &self.id(anchor))
    }
}
