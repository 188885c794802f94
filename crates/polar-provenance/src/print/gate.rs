//! The verdict on an image.

use std::io::{self, Write};

use polar_query::{Check, Decision, Gate, State};

use super::table::Table;

/// The image, each requirement with its reason, and what it comes to.
pub(crate) fn gated(out: &mut impl Write, answer: &Gate) -> io::Result<()> {
    let policy = &answer.policy;
    let name = policy.name.as_ref().map(|name| format!("{name}, "));
    writeln!(out, "image   {}", answer.asked)?;
    for image in &answer.images {
        writeln!(out, "judged  {image}")?;
    }
    writeln!(out, "policy  {}{}\n", name.unwrap_or_default(), policy.file)?;
    let mut table = Table::new(["requirement", "answer", "reason"]);
    for check in &answer.checks {
        table.row([check.requirement, &state(check), &check.detail]);
    }
    table.print(out)?;
    let refused = answer.checks.iter().filter(|check| !check.allowed);
    let refused: Vec<_> = refused.map(|check| check.requirement).collect();
    match answer.decision {
        Decision::Allow => writeln!(out, "\nallow"),
        Decision::Deny => writeln!(out, "\ndeny: {}", refused.join(", ")),
    }
}

fn state(check: &Check) -> String {
    match check.state {
        State::Met => "met".to_owned(),
        State::NotMet => "not met".to_owned(),
        State::Unknown if check.allowed => "unknown, allowed".to_owned(),
        State::Unknown => "unknown".to_owned(),
    }
}
