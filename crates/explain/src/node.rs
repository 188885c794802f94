//! One node and the rules around it.

use std::collections::BTreeMap;

use polar_graph::{GraphError, Row, Statement};
use polar_model::Value;
use polar_rules::{Conjunct, Effect, Hop, Place, Probe, Rule};

use crate::{
    answer::{Candidate, Failed, Found, HopAnswer, NodeAnswer, Outcome, Reason, RuleAnswer, State},
    ask::{Session, found, number, text, time},
    candidates::{self, candidate},
    knowledge::{self, NAMING, SOUGHT},
    name::Name,
    sources, words,
};

pub(crate) async fn explain(
    session: &Session<'_>,
    rules: &[Rule],
    node: &Found,
) -> Result<NodeAnswer, GraphError> {
    let mut probed: Vec<_> = rules
        .iter()
        .flat_map(|rule| {
            rule.probes(&node.label)
                .into_iter()
                .map(move |probe| (rule, probe))
        })
        .map(|(rule, probe)| (rule, answer(rule, &probe), probe))
        .collect();
    for (rule, answer, probe) in &mut probed {
        let own = Statement::new(probe.own.clone())
            .with("key", &node.key)
            .with("rule", &rule.name);
        answer.derived = session.ask(own).await?.iter().map(outcome).collect();
    }
    for (_, answer, _) in &mut probed {
        if !answer.derived.is_empty() {
            answer.state = State::Present;
        }
    }
    let drawn: Vec<_> = probed
        .iter()
        .filter(|(_, answer, _)| answer.state == State::Present)
        .map(|(_, answer, _)| (answer.derives.clone(), answer.end))
        .collect();
    for (_, answer, probe) in &mut probed {
        let is_drawn = drawn.contains(&(answer.derives.clone(), answer.end));
        let is_present = answer.state == State::Present;
        if is_drawn && !is_present && answer.kind != "finding" {
            answer.state = State::ByAnother;
        }
        let mut around = Around {
            session,
            node,
            probe,
            answer,
            is_drawn,
            reached: Vec::new(),
        };
        if is_present {
            around.confirm().await?;
        } else {
            around.find_missing().await?;
        }
    }
    let mut rules: Vec<_> = probed.into_iter().map(|(_, answer, _)| answer).collect();
    mark_best(&mut rules);
    Ok(NodeAnswer {
        node: node.clone(),
        rules,
    })
}

/// An answer of which nothing but the rule is known.
fn answer(rule: &Rule, probe: &Probe) -> RuleAnswer {
    let (kind, derives, state) = match &rule.effect {
        Effect::Link { link, .. } => ("link", link, State::Missing),
        Effect::Timeline { link, .. } => ("timeline", link, State::Missing),
        Effect::Finding { kind, .. } => ("finding", kind, State::DoesNotApply),
    };
    RuleAnswer {
        rule: rule.name.clone(),
        title: rule.title.clone(),
        kind,
        derives: derives.clone(),
        end: probe.end.variable(),
        state,
        because: None,
        derived: Vec::new(),
        hops: Vec::new(),
        failed: Vec::new(),
        candidates: Vec::new(),
    }
}

fn outcome(row: &Row) -> Outcome {
    Outcome {
        node: found(row),
        evidence: row.text("evidence").to_owned(),
        confidence: row.get("confidence").as_float(),
        best: false,
        first_seen: time(row, "first_seen"),
        from: time(row, "begins"),
        until: time(row, "until"),
        produced_by: text(row, "produced_by"),
        severity: text(row, "severity"),
    }
}

/// Of all links of a type at one end, the one that stories show first: the most certain, then by key
/// and rule. A timeline has no best: its intervals follow each other.
fn mark_best(rules: &mut [RuleAnswer]) {
    let mut best: BTreeMap<(String, &str), (f64, String, String)> = BTreeMap::new();
    let links = || rules.iter().filter(|answer| answer.kind == "link");
    for answer in links() {
        for outcome in &answer.derived {
            let confidence = outcome.confidence.unwrap_or_default();
            let this = (confidence, outcome.node.key.clone(), answer.rule.clone());
            let known = best
                .entry((answer.derives.clone(), answer.end))
                .or_insert_with(|| this.clone());
            let is_better = this.0 > known.0
                || this.0.total_cmp(&known.0).is_eq() && (&this.1, &this.2) < (&known.1, &known.2);
            if is_better {
                *known = this;
            }
        }
    }
    for answer in rules.iter_mut().filter(|answer| answer.kind == "link") {
        let wanted = best.get(&(answer.derives.clone(), answer.end));
        for outcome in &mut answer.derived {
            let is_best =
                |best: &&(f64, String, String)| best.1 == outcome.node.key && best.2 == answer.rule;
            outcome.best = wanted.is_some_and(|wanted| is_best(&wanted));
        }
    }
}

/// A rule at the node.
struct Around<'a> {
    session: &'a Session<'a>,
    node: &'a Found,
    probe: &'a Probe,
    answer: &'a mut RuleAnswer,
    /// Whether another rule drew a link of the type.
    is_drawn: bool,
    /// What the hops led to, by variable.
    reached: Vec<(String, Vec<Found>, u64)>,
}

impl Around<'_> {
    /// The hops of what was derived here; and whether the rule would derive anything now.
    async fn confirm(&mut self) -> Result<(), GraphError> {
        let probe = self.probe;
        let mut holds = true;
        for hop in &probe.hops {
            holds = self.walk(hop).await?;
            if !holds {
                break;
            }
        }
        if holds {
            let all: Vec<_> = probe.conjuncts.iter().collect();
            holds = !self.ask_nearest(&all, None, &[]).await?.is_empty();
        }
        if !holds {
            self.answer.state = State::Stale;
            let because = "what it rests on is there no longer: the next pass removes it";
            self.answer.because = Some(because.to_owned());
        }
        Ok(())
    }

    async fn find_missing(&mut self) -> Result<(), GraphError> {
        let probe = self.probe;
        let start = probe.end.variable().to_owned();
        self.reached.push((start, vec![self.node.clone()], 1));
        for (place, hop) in probe.hops.iter().enumerate() {
            if !self.walk(hop).await? {
                let (near, far) = (self.at(&hop.near), self.at(&hop.far));
                let mut because = words::nothing(&probe.hops[..place], hop, near, far);
                if place == 0 && hop.far.label.as_deref() == Some("ImageReference") {
                    let refused = Name::refused(self.session, self.node).await?;
                    because.extend(refused.map(|refused| format!(": {refused}")));
                }
                self.answer.because = Some(because);
                return self.seek(&probe.hops[place..]).await;
            }
        }
        self.judge().await
    }

    /// What a place of the pattern was led to: the first nodes, and how many there are.
    fn at(&self, place: &Place) -> (&[Found], u64) {
        let mut reached = self.reached.iter().rev();
        let there = reached.find(|reached| reached.0 == place.variable);
        there.map_or((&[], 0), |there| (there.1.as_slice(), there.2))
    }

    /// Whether a hop leads somewhere.
    async fn walk(&mut self, hop: &Hop) -> Result<bool, GraphError> {
        let ask = |text: &String| Statement::new(text.clone()).with("key", &self.node.key);
        let count = number(&self.session.ask(ask(&hop.count)).await?);
        let examples = if count == 0 {
            Vec::new()
        } else {
            self.session.ask(ask(&hop.examples)).await?
        };
        let examples: Vec<_> = examples.iter().map(found).collect();
        self.answer.hops.push(HopAnswer {
            hop: hop.text.clone(),
            count,
            examples: examples.clone(),
        });
        if count > 0 {
            self.reached
                .push((hop.far.variable.clone(), examples, count));
        }
        Ok(count > 0)
    }

    /// The name by which what is missing was sought: that of the last node on the way that has one.
    async fn name(&self, but: &str) -> Result<Option<Name>, GraphError> {
        let nodes = self
            .reached
            .iter()
            .rev()
            .filter_map(|(_, nodes, _)| nodes.first());
        let naming = |node: &&Found| NAMING.contains(&node.label.as_str()) && node.label != but;
        match nodes.into_iter().find(naming) {
            Some(node) => Name::of(self.session, node).await,
            None => Ok(None),
        }
    }

    /// What comes nearest to what these hops should have led to.
    async fn seek(&mut self, hops: &[Hop]) -> Result<(), GraphError> {
        if self.answer.kind == "finding" || self.is_drawn {
            return Ok(());
        }
        let ahead = hops.iter().filter_map(|hop| hop.far.label.as_deref());
        let labels: Vec<_> = ahead.collect();
        // A hop that closes a circle lacks nothing but agreement with the images on the way.
        let behind = self
            .reached
            .iter()
            .rev()
            .filter_map(|(_, nodes, _)| nodes.first());
        let behind: Vec<_> = behind.map(|node| node.label.as_str()).collect();
        let closes = hops.first().is_some_and(|hop| hop.closes);
        let mut sought = if closes { behind } else { labels.clone() };
        sought.retain(|label| SOUGHT.contains(label) && *label != self.node.label);
        let sought = sought.first().map(|label| (*label).to_owned());
        let name = self.name(sought.as_deref().unwrap_or_default()).await?;
        if let (Some(sought), Some(name)) = (&sought, &name) {
            self.answer.candidates = candidates::nearest(self.session, name, sought).await?;
        }
        let first = labels.iter().find_map(|label| knowledge::teller(label));
        if let Some(kind) = first.filter(|_| !closes) {
            let silent = sources::silence(self.session, kind, name.as_ref()).await?;
            self.answer.candidates.extend(silent);
        }
        Ok(())
    }

    /// All hops are there: which parts of the condition fail for the nearest match.
    async fn judge(&mut self) -> Result<(), GraphError> {
        let mut holding: Vec<&Conjunct> = Vec::new();
        let mut failing: Vec<&Conjunct> = Vec::new();
        let probe = self.probe;
        for conjunct in &probe.conjuncts {
            holding.push(conjunct);
            if self.ask_nearest(&holding, None, &[]).await?.is_empty() {
                failing.extend(holding.pop());
            }
        }
        if failing.is_empty() {
            return self.nothing_fails(&holding).await;
        }
        let mut properties: Vec<_> = failing
            .iter()
            .flat_map(|part| part.properties.clone())
            .collect();
        properties.dedup();
        let rows = self.ask_nearest(&holding, None, &properties).await?;
        let value = |property: &(String, String)| {
            let at = properties.iter().position(|known| known == property);
            let row = rows.first()?;
            Some(row.get(&format!("value_{}", at?)).clone())
        };
        for conjunct in &failing {
            let named = conjunct.properties.iter().map(|property| {
                let value = value(property).unwrap_or(Value::Null);
                (format!("{}.{}", property.0, property.1), value.to_json())
            });
            self.answer.failed.push(Failed {
                condition: conjunct.text.clone(),
                values: named.collect(),
            });
        }
        let texts: Vec<_> = failing
            .iter()
            .map(|part| format!("`{}`", part.text))
            .collect();
        let does = if texts.len() == 1 { "does" } else { "do" };
        self.answer.because = Some(format!("{} {does} not hold", texts.join(" and ")));
        self.after_condition(&failing, rows.first(), &value).await
    }

    async fn ask_nearest(
        &self,
        holding: &[&Conjunct],
        also: Option<&str>,
        properties: &[(String, String)],
    ) -> Result<Vec<Row>, GraphError> {
        let text = self.probe.nearest(holding, also, properties);
        self.session
            .ask(Statement::new(text).with("key", &self.node.key))
            .await
    }

    async fn nothing_fails(&mut self, holding: &[&Conjunct]) -> Result<(), GraphError> {
        let timed = match &self.probe.timed {
            Some(timed) => !self
                .ask_nearest(holding, Some(timed), &[])
                .await?
                .is_empty(),
            None => true,
        };
        let (state, because) = match (self.answer.kind, timed) {
            ("timeline", false) => (State::Missing, "none of the times that it goes by is known"),
            ("timeline", true) => (
                State::Covered,
                "what it says of the times, another rule says as well or better, or no pass has drawn it yet",
            ),
            _ => (
                State::Due,
                "all that it asks for is there: the next pass derives it",
            ),
        };
        self.answer.state = state;
        self.answer.because = Some(because.to_owned());
        Ok(())
    }

    /// What is gone by the condition; and candidates, where it compares names or asks for a reading.
    async fn after_condition(
        &mut self,
        failing: &[&Conjunct],
        row: Option<&Row>,
        value: &(dyn Fn(&(String, String)) -> Option<Value> + Sync),
    ) -> Result<(), GraphError> {
        let places = self.probe.nodes();
        let mut told: Vec<Candidate> = Vec::new();
        let mut compares = false;
        for property in failing.iter().flat_map(|part| &part.properties) {
            compares |= matches!(property.1.as_str(), "tag" | "digest");
            let at = places.iter().position(|place| place.variable == property.0);
            if let ("gone_at" | "until", Some(Value::DateTime(gone_at))) =
                (property.1.as_str(), value(property))
            {
                let node = at.zip(row).map(|(at, row)| Found {
                    label: places[at].label.clone().unwrap_or_default(),
                    key: row.text(&format!("key_{at}")).to_owned(),
                });
                let detail = format!("{} was there until {gone_at}", property.0);
                let mut gone = candidate(Reason::Gone, self.node.clone(), detail);
                gone.node = node;
                told.push(gone);
            }
        }
        if compares {
            // What the hops led to is what was compared with.
            let ahead = self.probe.hops.clone();
            self.seek_compared(&ahead).await?;
        }
        if let Some(kind) = failing
            .iter()
            .find_map(|part| knowledge::asked_for(&part.text))
        {
            let name = self.name("").await?;
            told.extend(sources::silence(self.session, kind, name.as_ref()).await?);
        }
        self.answer.candidates.extend(told);
        Ok(())
    }

    async fn seek_compared(&mut self, hops: &[Hop]) -> Result<(), GraphError> {
        if self.answer.kind == "finding"
            || self.is_drawn
            || !NAMING.contains(&self.node.label.as_str())
        {
            return Ok(());
        }
        let labels = hops.iter().filter_map(|hop| hop.far.label.as_deref());
        let sought = labels
            .into_iter()
            .find(|label| SOUGHT.contains(label) && *label != self.node.label);
        if let (Some(sought), Some(name)) = (sought, Name::of(self.session, self.node).await?) {
            self.answer.candidates = candidates::nearest(self.session, &name, sought).await?;
        }
        Ok(())
    }
}
