//! `schema`.

use std::process::ExitCode;

use polar_dialect::{add_missing, builtin_mappings};
use polar_graph::{SchemaItem, schema_items};
use serde::Serialize;

use crate::{
    cli::{Global, Schema},
    graph, print,
};

/// An index or constraint for printing.
#[derive(Serialize)]
pub(crate) struct SchemaRow {
    pub(crate) label: String,
    pub(crate) property: String,
    pub(crate) unique: bool,
    /// What it is to this program: `present`, `missing`, `created`, or `other` if not its own.
    pub(crate) state: &'static str,
}

pub(crate) async fn run(global: &Global, args: &Schema) -> anyhow::Result<ExitCode> {
    let store = graph::open(&graph::chosen(global)?).await?;
    let mut needed = schema_items();
    let on_polars = polar_dialect::schema_items(store.as_ref(), &builtin_mappings()?).await?;
    let mut created = Vec::new();
    if let Schema::Apply = args {
        created = store.apply_schema(&needed).await?;
        created.extend(add_missing(store.as_ref(), &on_polars).await?);
    }
    let present = store.schema().await?;
    // A constraint of somebody else's serves as an index.
    needed.extend(on_polars.into_iter().map(|item| {
        let constraint = SchemaItem {
            unique: true,
            ..item.clone()
        };
        if present.contains(&constraint) {
            constraint
        } else {
            item
        }
    }));
    let mut items = needed.clone();
    items.extend(
        present
            .iter()
            .filter(|item| !needed.contains(item))
            .cloned(),
    );
    items.sort();
    let rows: Vec<_> = items
        .into_iter()
        .map(|item| SchemaRow {
            state: match () {
                () if created.contains(&item) => "created",
                () if !needed.contains(&item) => "other",
                () if present.contains(&item) => "present",
                () => "missing",
            },
            label: item.label,
            property: item.property,
            unique: item.unique,
        })
        .collect();
    print::schema(global.format, &rows)?;
    Ok(ExitCode::SUCCESS)
}
