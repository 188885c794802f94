//! A rule seen from one node: what to ask in order to tell which of its hops are there.

use crate::{Effect, Rule, pattern::Pattern, scan};

/// A rule seen from one of its ends. All statements take `$key`, the key of the node that stands there;
/// they read.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// Where the node stands.
    pub end: End,
    /// What the rule derived at the node; takes `$rule`, too. Rows have `label`, `key`, `evidence` and
    /// `first_seen`; of a link also `confidence`, and of a timeline `begins`, `until` and `produced_by`;
    /// of a finding `kind` and `severity`.
    pub own: String,
    /// The hops of the pattern, each from a node that an earlier one led to.
    pub hops: Vec<Hop>,
    /// The parts of the condition, all of which must hold.
    pub conjuncts: Vec<Conjunct>,
    /// That one of the times of a timeline is known; none for other rules.
    pub timed: Option<String>,
    start: String,
    pattern: String,
    nodes: Vec<Place>,
}

/// An end of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Where its links start.
    From,
    /// Where its links lead.
    To,
    /// What its findings concern.
    Subject,
}

/// One hop of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Hop {
    /// Types of the edge; none where the pattern begins anew beside what came before.
    pub types: Vec<String>,
    /// Whether the edge starts at the near end.
    pub starts_near: bool,
    /// Whether both ends were reached before, so that the hop joins what was found on two ways.
    pub closes: bool,
    /// The hop as Cypher.
    pub text: String,
    /// Where it starts.
    pub near: Place,
    /// Where it leads.
    pub far: Place,
    /// How many nodes all hops up to this one lead to: one row, `number`.
    pub count: String,
    /// The first of them: `label` and `key`.
    pub examples: String,
}

/// A node of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its variable, as written or made up.
    pub variable: String,
    /// Its label, where the pattern has one.
    pub label: Option<String>,
}

/// A part of a condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Conjunct {
    /// As written.
    pub text: String,
    /// The properties of the pattern's nodes and edges that it names, as pairs of variable and property.
    pub properties: Vec<(String, String)>,
}

impl End {
    /// Its variable in the pattern.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Subject => "subject",
        }
    }
}

impl Rule {
    /// The rule seen from nodes of a label: once for each end at which they stand.
    #[must_use]
    pub fn probes(&self, label: &str) -> Vec<Probe> {
        let ends = match &self.effect {
            Effect::Link { from, to, .. } | Effect::Timeline { from, to, .. } => {
                vec![(End::From, from), (End::To, to)]
            }
            Effect::Finding { subject, .. } => vec![(End::Subject, subject)],
        };
        let at_label = ends.into_iter().filter(|(_, of)| *of == label);
        at_label
            .map(|(end, label)| self.probe(end, label))
            .collect()
    }

    fn probe(&self, end: End, label: &str) -> Probe {
        let anchor = self.graph.node(end.variable()).unwrap_or_default();
        let start = |template: &str| {
            template
                .replace("{{end}}", end.variable())
                .replace("{{label}}", label)
        };
        let own = match (self.link(), end) {
            (Some(link), End::From) => start(include_str!("../cypher/probe-link.cypher"))
                .replace("{{edge}}", &format!("(from)-[own:{link}]->(to)"))
                .replace("{{other}}", "to"),
            (Some(link), _) => start(include_str!("../cypher/probe-link.cypher"))
                .replace("{{edge}}", &format!("(to)<-[own:{link}]-(from)"))
                .replace("{{other}}", "from"),
            (None, _) => start(include_str!("../cypher/probe-finding.cypher")),
        };
        let named = named(&self.graph);
        let conjuncts = scan::conjuncts(&self.condition).into_iter();
        let timed = match &self.effect {
            Effect::Timeline { at, .. } if !at.is_empty() => {
                let known = at.iter().map(|text| format!("({text}) IS NOT NULL"));
                Some(known.collect::<Vec<_>>().join(" OR "))
            }
            _ => None,
        };
        Probe {
            end,
            own,
            hops: self.hops(anchor, &start),
            conjuncts: conjuncts
                .filter(|text| *text != "true")
                .map(|text| conjunct(text, &named))
                .collect(),
            timed,
            start: start(include_str!("../cypher/probe-nearest.cypher")),
            pattern: self.graph.text_from(anchor),
            nodes: self.own_nodes().map(|at| self.place(at)).collect(),
        }
    }

    /// The nodes of the pattern itself, without those in `EXISTS`.
    fn own_nodes(&self) -> impl Iterator<Item = usize> {
        let graph = &self.graph;
        (0..graph.nodes.len()).filter(|at| {
            let in_edge = |edge: &usize| {
                let edge = &graph.edges[*edge];
                edge.left == *at || edge.right == *at
            };
            let mut chains = graph.chains.iter();
            chains.any(|(first, edges)| first == at || edges.iter().any(in_edge))
        })
    }

    fn place(&self, at: usize) -> Place {
        let node = &self.graph.nodes[at];
        Place {
            variable: node.variable.clone(),
            label: node.label.clone(),
        }
    }

    /// The pattern's edges in an order in which each begins at a node that was reached before, the first
    /// written first. A chain that nothing joins is walked from its beginning.
    fn hops(&self, anchor: usize, start: &impl Fn(&str) -> String) -> Vec<Hop> {
        let graph = &self.graph;
        let mut reached = vec![anchor];
        let mut text: Vec<String> = Vec::new();
        let mut hops = Vec::new();
        let mut left: Vec<usize> = graph
            .chains
            .iter()
            .flat_map(|chain| chain.1.clone())
            .collect();
        let mut push = |text: &[String], hop: Hop| {
            let fill = |template: &str| {
                start(template)
                    .replace("{{far}}", &hop.far.variable)
                    .replace("{{pattern}}", &text.join(", "))
            };
            let count = fill(include_str!("../cypher/probe-count.cypher"));
            let examples = fill(include_str!("../cypher/probe-examples.cypher"));
            hops.push(Hop {
                count,
                examples,
                ..hop
            });
        };
        loop {
            let next = left.iter().position(|edge| {
                let edge = &graph.edges[*edge];
                reached.contains(&edge.left) || reached.contains(&edge.right)
            });
            let Some(next) = next else {
                let apart = graph.chains.iter().map(|chain| chain.0);
                let Some(apart) = apart.into_iter().find(|at| !reached.contains(at)) else {
                    return hops;
                };
                let node = graph.nodes[apart].text(true);
                text.push(node.clone());
                push(
                    &text,
                    Hop::beside(self.place(anchor), self.place(apart), node),
                );
                reached.push(apart);
                continue;
            };
            let edge = &graph.edges[left.remove(next)];
            let forward = reached.contains(&edge.left);
            let (near, far) = if forward {
                (edge.left, edge.right)
            } else {
                (edge.right, edge.left)
            };
            let closes = reached.contains(&far);
            let arrow = edge.text(forward, may_stand(&edge.map));
            let far_node = &graph.nodes[far];
            let far_text = far_node.text(may_stand(&far_node.map));
            text.push(format!("({}){arrow}{far_text}", graph.nodes[near].variable));
            let starts_near = edge.ends().contains(&(near, true));
            push(
                &text,
                Hop {
                    types: edge.types.clone(),
                    starts_near,
                    closes,
                    text: format!(
                        "{}{}{}",
                        shown(&self.graph, near),
                        arrow,
                        shown(&self.graph, far)
                    ),
                    ..Hop::beside(self.place(near), self.place(far), String::new())
                },
            );
            reached.push(far);
        }
    }
}

impl Hop {
    fn beside(near: Place, far: Place, text: String) -> Self {
        Self {
            types: Vec::new(),
            starts_near: true,
            closes: false,
            text,
            near,
            far,
            count: String::new(),
            examples: String::new(),
        }
    }
}

impl Probe {
    /// The first match for which some of the conjuncts, and `also`, hold. Its row has the `key_0`… of
    /// [`Probe::nodes`], and the `value_0`… of the given properties.
    #[must_use]
    pub fn nearest(
        &self,
        holding: &[&Conjunct],
        also: Option<&str>,
        properties: &[(String, String)],
    ) -> String {
        let texts = holding.iter().map(|conjunct| conjunct.text.as_str());
        let condition: Vec<_> = texts.chain(also).map(|text| format!("({text})")).collect();
        let keys = self.nodes.iter().enumerate();
        let keys = keys.map(|(number, node)| format!("{}.key AS key_{number}", node.variable));
        let values = properties.iter().enumerate();
        let values = values.map(|(number, (of, name))| format!("{of}.{name} AS value_{number}"));
        // By the values, too: between the same nodes there can be several edges.
        let order = (0..self.nodes.len()).map(|at| format!("key_{at}"));
        let order = order.chain((0..properties.len()).map(|at| format!("value_{at}")));
        let order: Vec<_> = order.collect();
        self.start
            .replace(
                "{{columns}}",
                &keys.chain(values).collect::<Vec<_>>().join(", "),
            )
            .replace("{{order}}", &order.join(", "))
            .replace("{{pattern}}", &self.pattern)
            .replace(
                "{{condition}}",
                &if condition.is_empty() {
                    "true".to_owned()
                } else {
                    condition.join(" AND ")
                },
            )
    }

    /// The nodes of the pattern.
    #[must_use]
    pub fn nodes(&self) -> &[Place] {
        &self.nodes
    }
}

/// Whether properties in braces speak of no other node, which a hop may not have led to yet.
fn may_stand(map: &str) -> bool {
    !map.contains('.')
}

/// A node for people: without a made-up name.
fn shown(graph: &Pattern, at: usize) -> String {
    let node = &graph.nodes[at];
    let variable = if node.is_named { &node.variable } else { "" };
    match &node.label {
        Some(label) => format!("({variable}:{label})"),
        None => format!("({variable})"),
    }
}

/// The variables of the pattern whose properties can be asked for.
fn named(graph: &Pattern) -> Vec<&str> {
    let nodes = graph.nodes.iter().filter(|node| node.is_named);
    let nodes = nodes.map(|node| node.variable.as_str());
    let own = graph.chains.iter().flat_map(|chain| &chain.1);
    let edges = own.map(|edge| &graph.edges[*edge]);
    let edges = edges.filter(|edge| edge.range.is_empty() && !edge.variable.is_empty());
    nodes
        .chain(edges.map(|edge| edge.variable.as_str()))
        .collect()
}

fn conjunct(text: &str, named: &[&str]) -> Conjunct {
    let properties = scan::properties(text).into_iter();
    Conjunct {
        text: text.to_owned(),
        properties: properties
            .filter(|(variable, _)| named.contains(variable))
            .map(|(variable, name)| (variable.to_owned(), name.to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(body: &str) -> Rule {
        let head = "//! title = \"t\"\n//! link = \"L\"\n//! reads = []\n//! evidence = \"1\"\n";
        Rule::parse("x", &format!("{head}MATCH {body}")).unwrap()
    }

    #[test]
    fn hops_lead_outward_from_either_end_and_close_circles() {
        let rule = rule("(from:A)-[n:N]->(r:R)<-[:M*1..2]-(to:B)-[:O]->(:C)<-[:P]-(from)");
        let hops = |label: &str| -> Vec<(String, bool)> {
            let probe = &rule.probes(label)[0];
            let hops = probe.hops.iter().map(|hop| (hop.text.clone(), hop.closes));
            hops.collect()
        };
        let hop = |text: &str, closes: bool| (text.to_owned(), closes);
        assert_eq!(
            hops("A"),
            [
                hop("(from:A)-[n:N]->(r:R)", false),
                hop("(r:R)<-[:M*1..2]-(to:B)", false),
                hop("(to:B)-[:O]->(:C)", false),
                hop("(:C)<-[:P]-(from:A)", true),
            ]
        );
        assert_eq!(
            hops("B"),
            [
                hop("(to:B)-[:M*1..2]->(r:R)", false),
                hop("(r:R)<-[n:N]-(from:A)", false),
                hop("(to:B)-[:O]->(:C)", false),
                hop("(:C)<-[:P]-(from:A)", true),
            ]
        );
        assert!(rule.probes("R").is_empty());
    }

    #[test]
    fn what_stands_apart_is_a_hop_of_its_own() {
        let rule = rule("(from:A)-[:N]->(:R), (to:B)-[:O]->(:C)");
        let probe = &rule.probes("A")[0];
        let texts: Vec<_> = probe.hops.iter().map(|hop| hop.text.as_str()).collect();
        assert_eq!(
            texts,
            ["(from:A)-[:N]->(:R)", "(to:B)", "(to:B)-[:O]->(:C)"]
        );
    }

    #[test]
    fn conditions_part_at_their_own_ands_alone() {
        let parts = |condition: &str| -> Vec<String> {
            let rule = rule(&format!("(from:A)-[e:N]->(to:B) WHERE {condition}"));
            let conjuncts = rule.probes("A").remove(0).conjuncts;
            conjuncts.into_iter().map(|part| part.text).collect()
        };
        assert_eq!(
            parts(
                "from.x = ' AND ' and (to.y = 1 OR to.z = 2) AND NOT EXISTS { (from)-->(c) WHERE c.a = 1 AND c.b = 2 }"
            ),
            [
                "from.x = ' AND '",
                "(to.y = 1 OR to.z = 2)",
                "NOT EXISTS { (from)-->(c) WHERE c.a = 1 AND c.b = 2 }"
            ]
        );
        assert_eq!(parts("from.a = 1 AND to.b = 2 OR e.c = 3").len(), 1);
        let rule = rule(
            "(from:A)-[e:N]->(to:B) WHERE e.until IS NULL AND EXISTS { (s:S) WHERE s.t = to.a.b }",
        );
        let probe = &rule.probes("A")[0];
        let named = |at: usize| probe.conjuncts[at].properties.clone();
        let pair = |of: &str, name: &str| (of.to_owned(), name.to_owned());
        assert_eq!(named(0), [pair("e", "until")]);
        assert_eq!(
            named(1),
            [pair("to", "a")],
            "what EXISTS binds has no value here"
        );
    }
}
