//! A server that does not answer, or slowly, and a network that loses it without a word.

use std::{sync::Arc, time::Duration};

use polar_graph::{
    Acquired, GraphError, GraphStore, Lease, LeasedStore, Neo4jSettings, Neo4jStore, Statement,
};
use polar_testkit::{Network, Proxy, SharedNeo4j, Way, dump, neo4j, wipe};

use crate::common::{
    PATIENCE, Store, assert_no_transaction, assert_same, facts, undisturbed, work,
};

/// Through a proxy, with little patience.
async fn impatient(shared: &SharedNeo4j) -> (Proxy, Neo4jSettings) {
    let proxy = Proxy::before(&shared.settings).await;
    let settings = Neo4jSettings {
        timeout: Duration::from_secs(1),
        ..proxy.through(&shared.settings)
    };
    (proxy, settings)
}

fn assert_gone(error: &GraphError, place: &str) {
    let text = error.to_string();
    assert!(
        matches!(error, GraphError::Unreachable { .. }),
        "{place}: {text}"
    );
    assert!(text.contains("GRAPH_TIMEOUT"), "{place}: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_answers_is_told_when_connecting() {
    let shared = SharedNeo4j::take();
    let (proxy, settings) = impatient(&shared).await;
    for network in [Network::Stalled, Network::StalledFrom(Way::Back, 10)] {
        proxy.set(network);
        let connecting = tokio::time::timeout(PATIENCE, Neo4jStore::connect(settings.clone()));
        let error = connecting.await.expect("it hangs").err().unwrap();
        assert!(matches!(error, GraphError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("does not answer"), "{error}");
    }
}

/// Where the network loses the server: anywhere in an intake and a pass, one way or the other.
#[tokio::test(flavor = "multi_thread")]
async fn lost_anywhere_it_ends_soon_and_the_same_store_goes_on() {
    let facts = facts(2);
    let wanted = undisturbed(&facts).await;
    let shared = SharedNeo4j::take();
    let direct = neo4j(&shared).await;
    let (proxy, settings) = impatient(&shared).await;
    let store = Neo4jStore::connect(settings).await.unwrap();
    proxy.set(Network::Fine);
    work(&store, &facts).await.unwrap();
    let begin = std::time::Instant::now();
    let mut begun = 0;
    for way in [Way::There, Way::Back] {
        let length = proxy.passed(way);
        for part in [0, 5, 11] {
            let place = format!("{part}/16 of the bytes {way:?}");
            eprintln!("{:?}: lost after {place}", begin.elapsed());
            wipe(&direct).await;
            proxy.set(Network::StalledFrom(way, length * part / 16));
            assert_gone(&work(&store, &facts).await.unwrap_err(), &place);
            let left = dump(&direct).await;
            begun += usize::from(!left.is_empty() && left != wanted);
            // What was under way is over, and its locks with it, though the network is still gone.
            if way == Way::Back {
                assert_no_transaction(&direct, &place).await;
                work(&direct, &facts).await.unwrap();
            }
            proxy.set(Network::Fine);
            work(&store, &facts).await.unwrap();
            assert_same(&dump(&direct).await, &wanted, &place);
            assert_no_transaction(&direct, &place).await;
        }
        proxy.set(Network::Fine);
        wipe(&direct).await;
        work(&store, &facts).await.unwrap();
    }
    assert!(begun > 1, "only {begun} were lost in the middle");
    wipe(&direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_and_a_slow_network_are_waited_for() {
    let facts = facts(1);
    let wanted = undisturbed(&facts).await;
    let shared = SharedNeo4j::take();
    let direct = neo4j(&shared).await;
    let (proxy, settings) = impatient(&shared).await;
    let store = Neo4jStore::connect(settings).await.unwrap();
    // Longer than the server may be silent.
    let slow = "UNWIND range(1, 8000) AS a UNWIND range(1, 10000) AS b RETURN sum(a * b) AS number";
    let begin = std::time::Instant::now();
    let rows = store.read(Statement::new(slow)).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(
        begin.elapsed() > Duration::from_millis(1500),
        "too quick to tell anything: {:?}",
        begin.elapsed()
    );
    proxy.set(Network::Trickle(Way::Back, 512, Duration::from_millis(1)));
    work(&store, &facts).await.unwrap();
    assert_same(&dump(&direct).await, &wanted, "a slow network");
    wipe(&direct).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_given_up_while_its_server_is_lost_and_had_again() {
    let facts = facts(1);
    let wanted = undisturbed(&facts).await;
    let shared = SharedNeo4j::take();
    let direct = neo4j(&shared).await;
    let (proxy, settings) = impatient(&shared).await;
    let store: Store = Arc::new(Neo4jStore::connect(settings).await.unwrap());
    let time = Duration::from_secs(3);
    let lease = Arc::new(Lease::new(Arc::clone(&store), "one", time));
    assert_eq!(lease.acquire().await.unwrap(), Acquired::Mine);
    let leased = LeasedStore::new(Arc::clone(&lease));
    // In the middle of the intake.
    proxy.set(Network::StalledFrom(Way::Back, 1500));
    assert_gone(&work(&leased, &facts).await.unwrap_err(), "the work");
    let lost = tokio::time::timeout(PATIENCE, lease.kept(|| ())).await;
    let lost = lost.expect("it hangs");
    assert!(matches!(lost, GraphError::Unreachable { .. }), "{lost}");

    // Another replica, on a way that is not lost, takes over once it has expired.
    let other = Arc::new(Neo4jStore::connect(shared.settings.clone()).await.unwrap());
    let next = Arc::new(Lease::new(other, "next", PATIENCE));
    let taking = async {
        while next.acquire().await.unwrap() != Acquired::Mine {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, taking)
        .await
        .expect("never taken over");
    work(&LeasedStore::new(Arc::clone(&next)), &facts)
        .await
        .unwrap();
    proxy.set(Network::Fine);
    // The first one is back, and writes nothing.
    let error = work(&leased, &crate::common::facts(3)).await.unwrap_err();
    assert!(matches!(error, GraphError::Refused { .. }), "{error}");
    assert_same(&dump(&direct).await, &wanted, "the lease was lost");
    next.release().await.unwrap();
    wipe(&direct).await;
}
