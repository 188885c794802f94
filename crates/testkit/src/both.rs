//! One test on both stores.

use std::{future::Future, sync::Arc};

use polar_graph::{EmbeddedStore, GraphStore, Neo4jStore, Statement, schema_items};

use crate::SharedNeo4j;

/// Runs a test on the embedded store and on the shared Neo4j, each empty and with its schema.
///
/// # Panics
/// If the test does, or a store cannot be had.
pub async fn on_both<F: Future<Output = ()>>(test: impl Fn(Arc<dyn GraphStore>) -> F) {
    let embedded = EmbeddedStore::in_memory().unwrap();
    embedded.apply_schema(&schema_items()).await.unwrap();
    eprintln!("on the embedded store");
    test(Arc::new(embedded)).await;
    let shared = SharedNeo4j::take();
    eprintln!("on Neo4j");
    test(Arc::new(neo4j(&shared).await)).await;
}

/// The shared Neo4j, emptied and with its schema.
///
/// # Panics
/// If it cannot be reached.
pub async fn neo4j(shared: &SharedNeo4j) -> Neo4jStore {
    let store = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
    wipe(&store).await;
    store.apply_schema(&schema_items()).await.unwrap();
    store
}

/// Empties a graph.
///
/// # Panics
/// If the store fails.
pub async fn wipe(store: &dyn GraphStore) {
    loop {
        let some = Statement::new("MATCH (n) WITH n LIMIT 10000 DETACH DELETE n");
        if store.write(vec![some]).await.unwrap().is_zero() {
            return;
        }
    }
}
