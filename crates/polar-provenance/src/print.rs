//! Answers for people and for programs.

mod adoption;
mod built;
mod diff;
mod drawing;
mod explain;
mod exported;
mod found;
mod gate;
mod orphans;
mod paint;
mod place;
mod retags;
mod status;
mod table;
mod trace;
mod unverified;
mod words;

use std::io::{self, Write};

use polar_ingest::Report;
use polar_normalize::{Options, parse};
use polar_query::FindingRow;
use polar_reconcile::{Change, ChangeKind, Leftover, PassSummary};
use polar_rules::Rule;
use serde::Serialize;
use serde_json::json;

use crate::{
    cli::Format,
    commands::{CheckRow, DerivedRow, RuleRow, SchemaRow},
};

pub(crate) use adoption::adopted;
pub(crate) use built::{commits, deployed, who_built};
pub(crate) use diff::differences;
pub(crate) use drawing::{dot, mermaid};
pub(crate) use explain::explained;
pub(crate) use exported::{cypher, graphml};
pub(crate) use found::found;
pub(crate) use gate::gated;
pub(crate) use orphans::orphans;
pub(crate) use paint::{Painted, harmless, stdout};
pub(crate) use place::places;
pub(crate) use retags::retags;
pub(crate) use status::status;
use table::Table;
pub(crate) use trace::traced;
pub(crate) use unverified::{unreviewed, unverified};

fn json_line(out: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    writeln!(out)
}

/// Text as it is.
pub(crate) fn text(text: &str) -> io::Result<()> {
    io::stdout().write_all(text.as_bytes())
}

/// References and their forms, errors with the place and the way out.
pub(crate) fn references(
    out: &mut impl Write,
    inputs: &[String],
    options: &Options,
) -> io::Result<()> {
    for (index, input) in inputs.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", input.escape_debug())?;
        match parse(input, options) {
            Ok(image) => {
                for (name, form, uuid) in [
                    ("tag form", image.tag_form(), image.tag_uuid()),
                    ("digest form", image.digest_form(), image.digest_uuid()),
                ] {
                    if let (Some(form), Some(uuid)) = (form, uuid) {
                        writeln!(out, "  {name:<12} {form}\n  {:<12} {uuid}", "uuid")?;
                    }
                }
                if image.host_relative() {
                    writeln!(
                        out,
                        "  note         it means the node it is used on, and joins nothing"
                    )?;
                }
            }
            Err(error) => writeln!(out, "  {:<12} {}: {error}", "error", error.code())?,
        }
    }
    Ok(())
}

/// Indexes and constraints.
pub(crate) fn schema(format: Option<Format>, rows: &[SchemaRow]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        return json_line(&mut out, &rows);
    }
    let mut table = Table::new(["label", "property", "kind", "state"]);
    for row in rows {
        let kind = if row.unique { "unique" } else { "index" };
        table.row([&row.label, &row.property, kind, row.state]);
    }
    table.print(&mut out)
}

/// What became of the lines of each file.
pub(crate) fn ingested(format: Option<Format>, reports: &[(String, Report)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        for (file, report) in reports {
            json_line(&mut out, &report_json(file, report))?;
        }
        return Ok(());
    }
    for (file, report) in reports {
        writeln!(out, "{file}: {}", taken_in(report))?;
    }
    Ok(())
}

fn report_json(file: &str, report: &Report) -> serde_json::Value {
    json!({
        "file": file,
        "lines": report.lines,
        "observations": report.observations,
        "bad_lines": report.bad_lines,
        "unknown_types": report.unknown_types,
        "unknown_fields": report.unknown_fields,
        "unresolvable_images": report.unresolvable,
        "nodes_created": report.written.nodes_created,
        "edges_created": report.written.edges_created,
        "properties_set": report.written.properties_set,
    })
}

/// One line about an intake.
pub(crate) fn taken_in(report: &Report) -> String {
    let mut parts = vec![format!("{} observations", report.observations)];
    let mut part = |number: u64, what: &str| {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    };
    part(report.bad_lines, "bad lines left out");
    part(
        report.unknown_types.values().sum(),
        "lines of unknown types left out",
    );
    part(
        report.unknown_fields.values().sum(),
        "unknown fields left out",
    );
    part(report.unresolvable, "images that join nothing");
    let written = &report.written;
    parts.push(if written.is_zero() {
        "nothing new, nothing written".to_owned()
    } else {
        format!(
            "{} nodes and {} edges created, {} properties set",
            written.nodes_created, written.edges_created, written.properties_set
        )
    });
    parts.join(", ")
}

/// What a pass did, rule by rule.
pub(crate) fn pass(
    out: &mut impl Write,
    format: Option<Format>,
    summary: &PassSummary,
    dry_run: bool,
) -> io::Result<()> {
    if format == Some(Format::Json) {
        return json_line(out, &json!({ "dry_run": dry_run, "pass": summary }));
    }
    let mut table = Table::new(["rule", "matched", "created", "removed", "ms"]);
    table.right_from(1);
    for rule in &summary.rules {
        table.row([
            &rule.rule,
            &rule
                .matched
                .map_or_else(String::new, |matched| matched.to_string()),
            &rule.created.to_string(),
            &rule.removed.to_string(),
            &rule.milliseconds.to_string(),
        ]);
    }
    table.print(out)?;
    let would = if dry_run { "would be " } else { "" };
    let stopped = if summary.stopped {
        "; stopped before its end"
    } else {
        ""
    };
    writeln!(
        out,
        "\n{} {would}created, {} {would}removed{stopped}",
        summary.created(),
        summary.removed()
    )
}

/// One change of a dry run.
pub(crate) fn change(
    out: &mut impl Write,
    format: Option<Format>,
    change: &Change,
) -> io::Result<()> {
    if format == Some(Format::Json) {
        return json_line(out, &json!({ "change": change }));
    }
    let sign = match change.kind {
        ChangeKind::Create => '+',
        ChangeKind::Remove => '-',
    };
    let Change {
        rule,
        what,
        source,
        target,
        evidence,
        ..
    } = change;
    match target {
        Some(target) => writeln!(
            out,
            "{sign} {source} -{what}-> {target}   [{rule}: {evidence}]"
        ),
        None => writeln!(
            out,
            "{sign} finding {what}: {source}   [{rule}: {evidence}]"
        ),
    }
}

/// Findings.
pub(crate) fn findings(out: &mut impl Write, findings: &[FindingRow]) -> io::Result<()> {
    if findings.is_empty() {
        return writeln!(out, "none");
    }
    let mut table = Table::new(["severity", "finding", "concerns", "evidence"]);
    for finding in findings {
        let subject = format!("{} {}", finding.label, finding.subject);
        table.row([
            &finding.severity,
            &finding.kind,
            &subject,
            &finding.evidence,
        ]);
    }
    table.print(out)
}

/// Rules in the order they run.
pub(crate) fn rules(format: Option<Format>, rows: &[RuleRow]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        return json_line(&mut out, &rows);
    }
    let mut table = Table::new(["rule", "derives", "grade", "reads", "origin", "title"]);
    for row in rows {
        let grade = match (&row.severity, row.confidence) {
            (Some(severity), _) => severity.clone(),
            (None, Some(confidence)) => format!("{confidence:.2}"),
            (None, None) => String::new(),
        };
        let derives = format!("{} {}", row.kind, row.derives);
        let reads = row.reads.join(" ");
        let origin = match &row.file {
            Some(file) => format!("{}: {file}", row.origin),
            None => row.origin.to_owned(),
        };
        table.row([&row.name, &derives, &grade, &reads, &origin, &row.title]);
    }
    table.print(&mut out)
}

/// A rule's file and the statements that follow from it.
pub(crate) fn rule(
    format: Option<Format>,
    rule: &Rule,
    statements: &[DerivedRow],
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        let value = json!({ "name": rule.name, "text": rule.text, "derived": statements });
        return json_line(&mut out, &value);
    }
    writeln!(out, "{}", rule.text.trim_end())?;
    for row in statements {
        writeln!(out, "\n// To {}:\n{}", row.purpose, row.statement)?;
    }
    Ok(())
}

/// What rules left behind, and how much of it was removed, if it was.
pub(crate) fn pruned(
    format: Option<Format>,
    left: &[Leftover],
    removed: Option<u64>,
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        return json_line(&mut out, &json!({ "leftovers": left, "removed": removed }));
    }
    for leftover in left {
        let Leftover {
            rule,
            links,
            findings,
        } = leftover;
        writeln!(out, "{rule}: {links} links, {findings} findings")?;
    }
    match removed {
        Some(removed) => writeln!(out, "{removed} removed"),
        None if left.is_empty() => writeln!(out, "nothing is left of rules that are no more"),
        None => writeln!(out, "nothing was removed; --apply removes it"),
    }
}

/// What became of rules that were checked.
pub(crate) fn checked(
    format: Option<Format>,
    engines: &[&str],
    rows: &[CheckRow],
) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if format == Some(Format::Json) {
        return json_line(&mut out, &json!({ "engines": engines, "rules": rows }));
    }
    for row in rows {
        let outcome = if row.problems.is_empty() {
            "ok"
        } else {
            "refused"
        };
        writeln!(out, "{outcome:<8} {}", row.place)?;
    }
    for told in rows.iter().flat_map(|row| &row.problems) {
        writeln!(out, "\n{told}")?;
    }
    let refused = rows.iter().filter(|row| !row.problems.is_empty()).count();
    let (all, on) = (rows.len(), engines.join(" and "));
    write!(out, "\n{refused} of {all} refused; planned on {on}")?;
    if engines.contains(&"neo4j") {
        writeln!(out)
    } else {
        writeln!(out, "; with --graph neo4j on Neo4j, too")
    }
}
