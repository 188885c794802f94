//! What a header says about what a rule derives.

use crate::{Effect, Problem, body::Body, header::Header, refuse, scan};

/// The keys that belong to some kinds of rules only.
const BELONGS: [(&str, &[&str]); 7] = [
    ("confidence", &["link", "timeline"]),
    ("severity", &["finding"]),
    ("at", &["timeline"]),
    ("until", &["timeline"]),
    ("by", &["timeline"]),
    ("before_others", &["timeline"]),
    ("anchor", &["link", "finding", "timeline"]),
];

impl Header {
    /// Notes what the expressions of the header must not hold.
    pub(crate) fn check_expressions(&self, problems: &mut Vec<Problem>) {
        let texts = [
            ("evidence", std::slice::from_ref(&self.evidence)),
            ("at", &self.at),
            ("until", &self.until),
            ("by", self.by.as_slice()),
        ];
        for (key, texts) in texts {
            // What is absent was noted as such.
            for text in texts.iter().filter(|_| self.lines.has(key)) {
                refuse::expression(key, self.lines.of(key), text, problems);
            }
        }
    }

    /// What the rule derives; none, and noted, if that cannot be told.
    pub(crate) fn effect(&self, body: &Body, problems: &mut Vec<Problem>) -> Option<Effect> {
        let kinds: Vec<_> = ["link", "finding", "timeline"]
            .into_iter()
            .filter(|kind| self.lines.has(kind))
            .collect();
        let [kind] = kinds.as_slice() else {
            let (line, what) = match kinds.last() {
                Some(last) => (
                    self.lines.of(last),
                    format!("the rule derives {}", kinds.join(" and ")),
                ),
                None => (
                    1,
                    "the header does not say what the rule derives".to_owned(),
                ),
            };
            let hint = "give one of link = \"TYPE\", timeline = \"TYPE\" and finding = \"kind\"";
            problems.push(Problem::new(line, what, hint));
            return None;
        };
        for (key, kinds) in BELONGS {
            if self.lines.has(key) && !kinds.contains(kind) {
                let what = format!("`{key}` says nothing about a {kind}");
                let hint = format!("leave it out: it belongs to a {}", kinds.join(" or "));
                problems.push(Problem::new(self.lines.of(key), what, hint));
            }
        }
        self.check_grades(problems);
        let mut label = |variable: &str| body.label(variable, problems);
        let confidence = self.confidence.unwrap_or(1.0);
        match *kind {
            "finding" => Some(Effect::Finding {
                kind: self.finding.clone()?,
                severity: self.severity.clone().unwrap_or_else(|| "medium".to_owned()),
                subject: label("subject")?,
            }),
            kind => {
                let (from, to) = (label("from"), label("to"));
                Some(if kind == "link" {
                    Effect::Link {
                        link: self.link.clone()?,
                        confidence,
                        from: from?,
                        to: to?,
                    }
                } else {
                    Effect::Timeline {
                        link: self.timeline.clone()?,
                        confidence,
                        from: from?,
                        to: to?,
                        at: self.at.clone(),
                        until: self.until.clone(),
                        by: self.by.clone(),
                        before_others: self.before_others,
                    }
                })
            }
        }
    }

    fn check_grades(&self, problems: &mut Vec<Problem>) {
        let mut note = |key: &str, what: String, hint: &str| {
            problems.push(Problem::new(self.lines.of(key), what, hint));
        };
        for (key, link) in [("link", &self.link), ("timeline", &self.timeline)] {
            if let Some(link) = link.as_ref().filter(|link| !scan::is_name(link)) {
                let hint = "use letters, digits and underscores, as in RUNS";
                note(key, format!("`{link}` is no type of an edge"), hint);
            }
        }
        for read in self.reads.iter().filter(|read| !scan::is_name(read)) {
            let hint = "use letters, digits and underscores, as in RUNS";
            note("reads", format!("`{read}` is no type of an edge"), hint);
        }
        if let Some(confidence) = self.confidence.filter(|grade| !(0.0..=1.0).contains(grade)) {
            let hint = "1 is certain, 0.5 is one of two";
            note(
                "confidence",
                format!("{confidence} is not from 0 to 1"),
                hint,
            );
        }
        if let Some(severity) = &self.severity
            && !["low", "medium", "high"].contains(&severity.as_str())
        {
            let hint = "write low, medium or high";
            note("severity", format!("`{severity}` is no severity"), hint);
        }
        let says_nothing = self.at.is_empty() && self.until.is_empty() && self.by.is_none();
        if self.timeline.is_some() && says_nothing {
            let hint = "say when: at = [\"pod.started_at\"]";
            note(
                "timeline",
                "the timeline has none of `at`, `until` and `by`".to_owned(),
                hint,
            );
        }
    }
}
