//! What was adopted of Polar's.

use std::io::{self, Write};

use polar_dialect::Adoption;
use serde_json::json;

use super::{json_line, table::Table};
use crate::cli::Format;

/// What an adoption did, mapping by mapping; nothing where the graph holds nothing of Polar's.
pub(crate) fn adopted(
    out: &mut impl Write,
    format: Option<Format>,
    adoption: &Adoption,
) -> io::Result<()> {
    if adoption.mappings.is_empty() {
        return Ok(());
    }
    if format == Some(Format::Json) {
        return json_line(out, &json!({ "adopted": adoption }));
    }
    let mut table = Table::new(["mapping", "rows", "own", "problems", "written"]);
    table.right_from(1);
    for mapping in adoption.mappings.iter().filter(|mapping| mapping.rows > 0) {
        table.row([
            &mapping.mapping,
            &mapping.rows.to_string(),
            &mapping.own.to_string(),
            &mapping.problems.values().sum::<u64>().to_string(),
            &mapping.written.to_string(),
        ]);
    }
    table.print(out)?;
    if !adoption.indexes.is_empty() {
        writeln!(out, "\nindexes created: {}", adoption.indexes.join(", "))?;
    }
    if adoption.unresolvable > 0 {
        writeln!(out, "\n{} images join nothing", adoption.unresolvable)?;
    }
    writeln!(out, "\n{}\n", written(adoption))
}

fn written(adoption: &Adoption) -> String {
    let written = &adoption.written;
    if written.is_zero() {
        return "Of Polar's: nothing new, nothing written".to_owned();
    }
    format!(
        "Of Polar's: {} nodes and {} edges created, {} properties set",
        written.nodes_created, written.edges_created, written.properties_set
    )
}
