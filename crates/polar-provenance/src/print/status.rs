//! How complete and how old the graph is.

use std::io::{self, Write};

use polar_query::Status;

use super::{found::counts, table::Table, words::second};

/// All of it, section by section.
pub(crate) fn status(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    sources(out, answer)?;
    graph(out, answer)?;
    if answer.findings.is_empty() {
        writeln!(out, "\nno findings")?;
    } else {
        writeln!(out, "\nfindings")?;
        counts(out, &answer.findings)?;
    }
    passes(out, answer)?;
    writer(out, answer)?;
    schema(out, answer)
}

fn sources(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    let mut table = Table::new(["source", "scope", "last complete reading", "age"]);
    for source in &answer.sources {
        let (at, age) = (second(source.complete_at), age(source.age_seconds));
        table.row([&source.kind, &source.scope, &at, &age]);
    }
    for unread in &answer.never_complete {
        table.row([&unread.kind, &unread.scope, "never", ""]);
    }
    if answer.sources.is_empty() && answer.never_complete.is_empty() {
        return writeln!(out, "no source was read completely");
    }
    table.print(out)
}

fn graph(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    writeln!(out)?;
    let mut table = Table::new(["nodes", "number", "of these gone"]);
    table.right_from(1);
    for nodes in &answer.nodes {
        let gone = if nodes.gone > 0 {
            nodes.gone.to_string()
        } else {
            String::new()
        };
        table.row([nodes.label, &nodes.number.to_string(), &gone]);
    }
    table.print(out)?;
    writeln!(out)?;
    let mut table = Table::new(["links", "number"]);
    table.right_from(1);
    for links in &answer.links {
        table.row([&links.link, &links.number.to_string()]);
    }
    table.print(out)
}

fn passes(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    if answer.passes.is_empty() {
        return writeln!(out, "\nno pass has changed anything yet");
    }
    writeln!(out)?;
    let mut table = Table::new(["last passes with changes", "until", "created", "removed"]);
    table.right_from(2);
    for pass in &answer.passes {
        let told = |at: Option<_>| at.map(second).unwrap_or_default();
        table.row([
            &told(pass.started_at),
            &told(pass.finished_at),
            &pass.created.to_string(),
            &pass.removed.to_string(),
        ]);
    }
    table.print(out)
}

fn writer(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    match &answer.writer {
        None => writeln!(out, "\nwriter       nobody holds the lease")?,
        Some(writer) => {
            let until = writer.expires_at.map(second).unwrap_or_default();
            let until = if writer.expired {
                format!("expired at {until}")
            } else {
                format!("until {until}")
            };
            writeln!(out, "\nwriter       {}, {until}", writer.holder)?;
        }
    }
    let last = answer.last_change;
    let last = last.map_or_else(|| "none".to_owned(), |last| last.to_string());
    writeln!(out, "last change  {last}")
}

fn schema(out: &mut impl Write, answer: &Status) -> io::Result<()> {
    if answer.missing_schema.is_empty() {
        return writeln!(out, "schema       complete");
    }
    writeln!(
        out,
        "schema       missing; `polar-provenance schema apply` creates it:"
    )?;
    let mut table = Table::new(["label", "property", "kind"]);
    for item in &answer.missing_schema {
        let kind = if item.unique { "unique" } else { "index" };
        table.row([&item.label, &item.property, kind]);
    }
    table.print(out)
}

/// The two largest units.
fn age(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match () {
        () if seconds < 0 => "in the future".to_owned(),
        () if days > 0 => format!("{days}d {hours}h"),
        () if hours > 0 => format!("{hours}h {minutes}m"),
        () if minutes > 0 => format!("{minutes}m {}s", seconds % 60),
        () => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (seconds, wanted) in [
            (-1, "in the future"),
            (0, "0s"),
            (59, "59s"),
            (61, "1m 1s"),
            (3_660, "1h 1m"),
            (86_400, "1d 0h"),
            (180_000, "2d 2h"),
        ] {
            assert_eq!(age(seconds), wanted);
        }
    }
}
