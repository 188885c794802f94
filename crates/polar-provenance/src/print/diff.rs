//! What changed.

use std::io::{self, Write};

use polar_query::{Change, ChangeGroup, Diff, Sign};

use super::{table::Table, words::second};

/// Changes, grouped by their kind, and what cannot be told.
pub(crate) fn differences(out: &mut impl Write, answer: &Diff) -> io::Result<()> {
    let (since, until) = (second(answer.since), second(answer.until));
    writeln!(out, "from {since} until before {until}")?;
    for group in answer.groups.iter().filter(|it| !it.changes.is_empty()) {
        changes(out, group)?;
    }
    if !answer.is_negative() {
        writeln!(out, "\nnothing changed")?;
    }
    writeln!(out, "\nThis cannot be told:")?;
    for what in &answer.cannot_tell {
        writeln!(out, "  {what}")?;
    }
    Ok(())
}

fn changes(out: &mut impl Write, group: &ChangeGroup) -> io::Result<()> {
    writeln!(out, "\n{}", group.kind)?;
    let mut table = Table::new(["", "at", "what", "now", "because"]);
    for change in &group.changes {
        let sign = match change.sign {
            Sign::New => "+",
            Sign::Gone => "-",
            Sign::Other => "~",
        };
        let because = change.because.as_deref().unwrap_or_default();
        table.row([
            sign,
            &second(change.at),
            &change.subject,
            &now(change),
            because,
        ]);
    }
    table.print(out)
}

/// What it is now, and what it was before.
fn now(change: &Change) -> String {
    match (&change.now, &change.before) {
        (Some(now), Some(before)) => format!("{now}, before {before}"),
        (Some(now), None) => now.clone(),
        (None, Some(before)) => format!("none, before {before}"),
        (None, None) => String::new(),
    }
}
