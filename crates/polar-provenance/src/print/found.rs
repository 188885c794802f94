//! What the rules found.

use std::io::{self, Write};

use polar_query::{FindingKind, Findings};

use super::{table::Table, words::second};

/// Findings, and how many there are of each kind.
pub(crate) fn found(out: &mut impl Write, answer: &Findings) -> io::Result<()> {
    if answer.findings.is_empty() {
        return writeln!(out, "no findings");
    }
    let mut table = Table::new(["severity", "finding", "concerns", "since", "evidence"]);
    for finding in &answer.findings {
        let subject = format!("{} {}", finding.label, finding.subject);
        let since = finding.since.parse().map(second).unwrap_or_default();
        table.row([
            &finding.severity,
            &finding.kind,
            &subject,
            &since,
            &finding.evidence,
        ]);
    }
    table.print(out)?;
    writeln!(out)?;
    counts(out, &answer.counts)
}

/// How many findings there are of each kind.
pub(super) fn counts(out: &mut impl Write, counts: &[FindingKind]) -> io::Result<()> {
    let mut table = Table::new(["number", "finding", "severity"]);
    for count in counts {
        table.row([&count.number.to_string(), &count.kind, &count.severity]);
    }
    table.print(out)
}
