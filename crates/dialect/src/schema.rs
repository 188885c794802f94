//! Indexes that mappings need on Polar's labels: Polar itself has none.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore, SchemaItem};

use crate::{Mapping, dialect::present};

/// The indexes that these mappings need on labels that the graph holds.
///
/// # Errors
/// If the graph is out of reach.
pub async fn schema_items(
    store: &dyn GraphStore,
    mappings: &[Mapping],
) -> Result<Vec<SchemaItem>, GraphError> {
    let labels = mappings
        .iter()
        .flat_map(|mapping| &mapping.indexes)
        .map(|(label, _)| label.as_str());
    let there = present(store, labels).await?;
    let needed: BTreeSet<_> = mappings
        .iter()
        .flat_map(|mapping| &mapping.indexes)
        .filter(|(label, _)| there.contains(label.as_str()))
        .map(|(label, property)| SchemaItem {
            label: label.clone(),
            property: property.clone(),
            unique: false,
        })
        .collect();
    Ok(needed.into_iter().collect())
}

/// Creates those that the graph lacks, and returns them. A constraint that somebody else made serves
/// as well.
///
/// # Errors
/// If the graph is out of reach.
pub async fn add_missing(
    store: &dyn GraphStore,
    needed: &[SchemaItem],
) -> Result<Vec<SchemaItem>, GraphError> {
    if needed.is_empty() {
        return Ok(Vec::new());
    }
    let there = store.schema().await?;
    let serves = |item: &SchemaItem| {
        there
            .iter()
            .any(|other| other.label == item.label && other.property == item.property)
    };
    let missing: Vec<_> = needed
        .iter()
        .filter(|item| !serves(item))
        .cloned()
        .collect();
    store.apply_schema(&missing).await
}
