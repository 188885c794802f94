//! Whether the graph answers.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use polar_graph::{GraphError, GraphStore, Statement};
use tokio::sync::Mutex;

/// How long an answer holds: however many ask, the graph is asked once in that time.
const HOLDS: Duration = Duration::from_secs(1);

/// How long the graph may take to answer; probes of Kubernetes are given more.
const PATIENCE: Duration = Duration::from_secs(3);

/// The last answer. What is wrong is told in general words: addresses and names are in the log, and
/// not for whoever can reach the listener.
#[derive(Default)]
pub(super) struct Readiness(Mutex<Option<(Instant, Answer)>>);

type Answer = Result<&'static str, &'static str>;

impl Readiness {
    pub(super) async fn of(&self, graph: Option<&Arc<dyn GraphStore>>) -> Answer {
        let Some(graph) = graph else {
            return Err("not reached since the start; the log says why");
        };
        let mut last = self.0.lock().await;
        match &*last {
            Some((at, answer)) if at.elapsed() < HOLDS => *answer,
            _ => {
                let answer = ask(graph.as_ref()).await;
                *last = Some((Instant::now(), answer));
                answer
            }
        }
    }
}

async fn ask(graph: &dyn GraphStore) -> Answer {
    let question = graph.read(Statement::new("RETURN 1 AS one"));
    match tokio::time::timeout(PATIENCE, question).await {
        Ok(Ok(_)) => Ok("ok"),
        Ok(Err(GraphError::Unreachable { .. })) => Err("out of reach; the log says why"),
        Ok(Err(GraphError::Unauthorized { .. })) => Err("refuses the user or the password"),
        Ok(Err(_)) => Err("fails; the log says why"),
        Err(_) => Err("does not answer within 3 s"),
    }
}
