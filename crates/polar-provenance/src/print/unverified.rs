//! What is not known to be signed, verified, attested or scanned, and to be reviewed.

use std::io::{self, Write};

use polar_query::{Answer, Unreviewed, UnreviewedImage, Unverified, UnverifiedImage, Verdict};

use super::words::number;

/// Prints workloads, their images, and each answer that is not "yes".
pub(crate) fn unverified(out: &mut impl Write, unverified: &Unverified) -> io::Result<()> {
    let asked = if unverified.scanned_only {
        "scanned"
    } else {
        "signed, verified, attested and scanned"
    };
    let judged = number(unverified.judged, "workload");
    if unverified.workloads.is_empty() {
        return writeln!(out, "none: all images of {judged} are {asked}");
    }
    for one in &unverified.workloads {
        writeln!(out, "{}", one.workload)?;
        for image in &one.images {
            writeln!(out, "  {}", image.image)?;
            for (what, verdict) in by_verdict(image) {
                let what = what.join(", ");
                writeln!(out, "    {}  {what}: {}", mark(verdict), verdict.detail)?;
            }
        }
    }
    let (listed, of) = (unverified.workloads.len(), unverified.judged);
    writeln!(
        out,
        "\n{listed} of {}: not all images are known to be {asked}",
        number(of, "workload")
    )
}

/// What is not known to be so, together where the reason is the same.
fn by_verdict(image: &UnverifiedImage) -> Vec<(Vec<&'static str>, &Verdict)> {
    let mut told: Vec<(Vec<&str>, &Verdict)> = Vec::new();
    for (what, verdict) in image.answers() {
        if verdict.answer == Answer::Yes {
            continue;
        }
        match told.iter_mut().find(|(_, other)| *other == verdict) {
            Some((all, _)) => all.push(what),
            None => told.push((vec![what], verdict)),
        }
    }
    told
}

/// Prints images, the commits they were built from, and what runs them.
pub(crate) fn unreviewed(out: &mut impl Write, unreviewed: &Unreviewed) -> io::Result<()> {
    for image in &unreviewed.unreviewed {
        unreviewed_image(out, image)?;
    }
    if !unreviewed.unknown.is_empty() {
        if !unreviewed.unreviewed.is_empty() {
            writeln!(out)?;
        }
        writeln!(out, "Unknown\n")?;
        for image in &unreviewed.unknown {
            unreviewed_image(out, image)?;
        }
    }
    if !(unreviewed.unreviewed.is_empty() && unreviewed.unknown.is_empty()) {
        writeln!(out)?;
    }
    writeln!(
        out,
        "{} of {} built from code that was not reviewed; of {} it is unknown",
        unreviewed.unreviewed.len(),
        number(unreviewed.judged, "image"),
        unreviewed.unknown.len()
    )
}

fn unreviewed_image(out: &mut impl Write, image: &UnreviewedImage) -> io::Result<()> {
    writeln!(out, "{}", image.image)?;
    for review in &image.commits {
        writeln!(
            out,
            "  {}  {}",
            mark(&review.verdict),
            review.verdict.detail
        )?;
    }
    let workloads = image.workloads.iter().map(ToString::to_string);
    let workloads: Vec<_> = workloads.collect();
    writeln!(out, "  in {}", workloads.join(", "))
}

fn mark(verdict: &Verdict) -> &'static str {
    match verdict.answer {
        Answer::Yes => "yes",
        Answer::No => "NO ",
        Answer::Unknown => "?  ",
    }
}
