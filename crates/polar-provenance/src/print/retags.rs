//! What tags pointed to.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use polar_query::{Answer, OldInstance, Retags, TagHistory};

use super::{
    table::Table,
    words::{second, short},
};

/// Prints the history of tags.
pub(crate) fn retags(out: &mut impl Write, retags: &Retags) -> io::Result<()> {
    if retags.tags.is_empty() {
        return match &retags.target {
            Some(target) => writeln!(out, "no tag of {target} is known"),
            None => writeln!(out, "no tag is known to have been moved"),
        };
    }
    for (index, tag) in retags.tags.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        history(out, tag)?;
    }
    Ok(())
}

fn history(out: &mut impl Write, tag: &TagHistory) -> io::Result<()> {
    let answer = match tag.moved {
        Answer::Yes => "was moved to another digest",
        Answer::No => "pointed to one digest, as far as is known",
        Answer::Unknown => "? nobody told what it pointed to, and when",
    };
    writeln!(out, "{} {answer}", tag.tag)?;
    if tag.intervals.is_empty() {
        return Ok(());
    }
    let mut table = Table::new(["from", "until", "digest", "pushed by", "because"]);
    for one in &tag.intervals {
        let from = one.from.map_or_else(|| "?".to_owned(), second);
        let until = one.until.map_or_else(|| "still".to_owned(), second);
        let by = one.produced_by.as_deref().unwrap_or("? not known");
        let confidence = one.confidence.map(|value| format!(" {value:?}"));
        let because = format!("{}{}", one.rule, confidence.unwrap_or_default());
        table.row([&from, &until, short(&one.digest), by, &because]);
    }
    table.print(out)?;
    still(out, &tag.old)
}

fn still(out: &mut impl Write, old: &[OldInstance]) -> io::Result<()> {
    if old.is_empty() {
        return Ok(());
    }
    let mut workloads: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for one in old {
        let of = workloads
            .entry((&one.workload, &one.old_digest))
            .or_default();
        of.push(&one.instance.pod);
    }
    writeln!(out, " still run the old digest:")?;
    for ((workload, digest), mut pods) in workloads {
        pods.dedup();
        writeln!(out, "   {workload}  {}  {}", short(digest), pods.join(", "))?;
    }
    Ok(())
}
