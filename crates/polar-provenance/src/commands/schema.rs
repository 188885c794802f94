//! `schema`.

use std::process::ExitCode;

use polar_graph::schema_items;
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
    let needed = schema_items();
    let created = match args {
        Schema::Apply => store.apply_schema(&needed).await?,
        Schema::Show => Vec::new(),
    };
    let present = store.schema().await?;
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
