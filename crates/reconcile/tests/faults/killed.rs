//! A server that is killed in each phase of an intake and a pass, under the lease.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use polar_graph::{Acquired, GraphError, GraphStore, Lease, LeasedStore, Neo4jStore, schema_items};
use polar_rules::Rule;
use polar_testkit::{Call, ServerOptions, Tapped, TestServer, When, dump, wipe};

use crate::common::{Store, assert_same, facts, rules, undisturbed_by, work_by};

/// When a call is hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hit {
    Before,
    During,
    After,
}

/// Longer than the test.
const LONG: Duration = Duration::from_secs(3600);

/// Takes the lease and works in its name, with `hook` around each call.
async fn leased_work<F: Future<Output = ()> + Send + 'static>(
    store: &Store,
    facts: &str,
    rules: &[Rule],
    hook: impl Fn(When, &Call) -> F + Send + Sync + 'static,
) -> Result<(), GraphError> {
    let tapped: Store = Arc::new(Tapped::new(Arc::clone(store), hook));
    let lease = Arc::new(Lease::new(tapped, "one", LONG));
    assert_eq!(lease.acquire().await?, Acquired::Mine);
    let done = work_by(&LeasedStore::new(Arc::clone(&lease)), facts, rules).await;
    lease.release().await?;
    done
}

/// Links of each kind and a finding. A server plans each statement of each rule anew once it was
/// started again, which takes most of the time.
fn some_rules() -> Vec<Rule> {
    let mut some = rules();
    some.retain(|rule| {
        let names = [
            "same-as",
            "resulted-in",
            "runs-reported",
            "pointed-to-registry",
            "unsigned",
        ];
        names.contains(&rule.name.as_str())
    });
    assert_eq!(some.len(), 5);
    some
}

/// A call of each phase, and when it is hit.
fn phases(calls: &[Call]) -> Vec<(&'static str, usize, Hit)> {
    let writes: Vec<_> = calls.iter().filter(|call| call.writes).collect();
    // Of the lease, of the intake, of the rules, of the record, and of the lease again.
    let (first_of_rules, last_of_rules) = (writes[2].number, writes[writes.len() - 3].number);
    let (of_the_intake, record) = (writes[1].number - 3, writes[writes.len() - 2].number);
    let in_the_middle = writes[writes.len() / 2].number;
    let phases = [
        ("taking the lease", writes[0].number, Hit::During),
        ("the intake's reads", of_the_intake, Hit::Before),
        ("the intake's write", writes[1].number, Hit::During),
        ("a rule's reads", first_of_rules - 1, Hit::During),
        ("a rule's write", in_the_middle, Hit::During),
        ("a rule's count", in_the_middle + 1, Hit::Before),
        ("the last rule's write", last_of_rules, Hit::After),
        ("the record of the pass", record, Hit::During),
    ];
    phases.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_each_phase_the_next_pass_heals() {
    let facts = facts(2);
    let rules = some_rules();
    let wanted = undisturbed_by(&facts, &rules).await;
    let server = Arc::new(Mutex::new(TestServer::start(ServerOptions::default())));
    let settings = server.lock().unwrap().settings();
    let neo4j = Neo4jStore::connect(settings).await.unwrap();
    neo4j.apply_schema(&schema_items()).await.unwrap();
    let store: Store = Arc::new(neo4j);
    let calls = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&calls);
    leased_work(&store, &facts, &rules, move |when, call| {
        if when == When::Before {
            seen.lock().unwrap().push(call.clone());
        }
        async {}
    })
    .await
    .unwrap();
    let calls = calls.lock().unwrap().clone();
    let phases = phases(&calls);
    for (phase, number, hit) in &phases {
        let (number, hit) = (*number, *hit);
        eprintln!("killed {hit:?} call {number} of {}: {phase}", calls.len());
        wipe(store.as_ref()).await;
        let unlucky = Arc::clone(&server);
        let outcome = leased_work(&store, &facts, &rules, move |when, call| {
            let is_hit = call.number == number && (hit == Hit::After) == (when == When::After);
            let server = Arc::clone(&unlucky);
            async move {
                if !is_hit {
                    return;
                }
                let killing = tokio::task::spawn_blocking(move || {
                    if hit == Hit::During {
                        std::thread::sleep(Duration::from_millis(2));
                    }
                    server.lock().unwrap().kill();
                });
                if hit != Hit::During {
                    killing.await.unwrap();
                }
            }
        })
        .await;
        let error = outcome.expect_err(phase);
        assert!(
            matches!(error, GraphError::Unreachable { .. }),
            "{phase}: {error}"
        );
        let server = Arc::clone(&server);
        tokio::task::spawn_blocking(move || server.lock().unwrap().crash_and_restart())
            .await
            .unwrap();
        // The same store goes on, as an agent does.
        work_by(store.as_ref(), &facts, &rules).await.unwrap();
        assert_same(&dump(store.as_ref()).await, &wanted, phase);
    }
}
