//! What has no origin.

use std::io::{self, Write};

use polar_query::Orphans;

use super::{
    table::Table,
    words::{number, second},
};

/// Prints what has no origin, kind by kind.
pub(crate) fn orphans(out: &mut impl Write, orphans: &Orphans) -> io::Result<()> {
    images(out, orphans)?;
    writeln!(
        out,
        "\nWorkloads of digests that their registries do not have\n"
    )?;
    if orphans.digests.is_empty() {
        writeln!(out, " none")?;
    } else {
        let mut table = Table::new(["workload", "digest", "image", "since"]);
        for one in &orphans.digests {
            let since = one.since.map(second).unwrap_or_default();
            let images = one.images.join(", ");
            table.row([&one.workload.to_string(), &one.digest, &images, &since]);
        }
        table.print(out)?;
    }
    writeln!(out, "\nCharts without source\n")?;
    if orphans.charts.is_empty() {
        return writeln!(out, " none");
    }
    let mut table = Table::new(["chart", "installed as"]);
    for one in &orphans.charts {
        table.row([&one.chart, &one.releases.join(", ")]);
    }
    table.print(out)
}

fn images(out: &mut impl Write, orphans: &Orphans) -> io::Result<()> {
    writeln!(out, "Registry images in no pipeline's history\n")?;
    if orphans.images.is_empty() {
        writeln!(out, " none")?;
    } else {
        let mut table = Table::new(["image", "since"]);
        for one in &orphans.images {
            let since = one.since.map(second).unwrap_or_default();
            table.row([&one.image, &since]);
        }
        table.print(out)?;
    }
    for one in &orphans.unknown_images {
        writeln!(
            out,
            " ?  of {} more it is unknown: {}",
            number(one.count, "image"),
            one.detail
        )?;
    }
    Ok(())
}
