//! The server that all tests of a run share.

use std::fs::File;

use polar_graph::{Neo4jSettings, Tls};

/// The shared server, for one test at a time.
pub struct SharedNeo4j {
    /// How to reach it.
    pub settings: Neo4jSettings,
    /// Held while the test runs; other tests, also of other processes, wait for it.
    _lock: File,
}

impl SharedNeo4j {
    /// Waits for the server to be free, and takes it.
    ///
    /// # Panics
    /// If `TEST_NEO4J_ENDPOINT` is not set.
    #[must_use]
    pub fn take() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let endpoint = variable("TEST_NEO4J_ENDPOINT").unwrap_or_else(|| {
            panic!(
                "no Neo4j to test on: run the tests with ./test, which starts one, or set \
                 TEST_NEO4J_ENDPOINT and TEST_NEO4J_PASSWORD (the server's graph is emptied!)"
            )
        });
        let lock = File::create(std::env::temp_dir().join("polar-testkit.lock")).unwrap();
        lock.lock().unwrap();
        Self {
            settings: Neo4jSettings {
                endpoint,
                user: variable("TEST_NEO4J_USER").unwrap_or_else(|| "neo4j".to_owned()),
                password: variable("TEST_NEO4J_PASSWORD").unwrap_or_default().into(),
                database: None,
                tls: Tls::Scheme,
                timeout: Neo4jSettings::TIMEOUT,
            },
            _lock: lock,
        }
    }
}
