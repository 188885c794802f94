//! A connection that is reset anywhere.

use polar_graph::{GraphError, Neo4jSettings, Neo4jStore};
use polar_testkit::{Network, Proxy, SharedNeo4j, Way, dump, neo4j, wipe};

use crate::common::{assert_no_transaction, assert_same, facts, undisturbed, work};

async fn connect_and_work(settings: &Neo4jSettings, facts: &str) -> Result<(), GraphError> {
    let store = Neo4jStore::connect(settings.clone()).await?;
    work(&store, facts).await
}

/// The first bytes one by one, which are the greeting and the login, then some of the rest.
fn places(length: u64) -> Vec<u64> {
    let mut places: Vec<u64> = (0..6).chain([12, 19, 20, 21, 40]).collect();
    places.extend((1..=24).map(|part| length * part / 25));
    places
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_at_any_byte_it_ends_and_a_repeat_ends_in_the_same_graph() {
    let facts = facts(2);
    let wanted = undisturbed(&facts).await;
    let shared = SharedNeo4j::take();
    let direct = neo4j(&shared).await;
    let proxy = Proxy::before(&shared.settings).await;
    let through = proxy.through(&shared.settings);
    proxy.set(Network::Fine);
    connect_and_work(&through, &facts).await.unwrap();
    assert_same(&dump(&direct).await, &wanted, "nothing");

    let (mut failed, mut begun) = (0, 0);
    for way in [Way::There, Way::Back] {
        let places = places(proxy.passed(way));
        eprintln!("{way:?}: {} places", places.len());
        for at in places {
            let place = format!("a reset at byte {at} {way:?}");
            wipe(&direct).await;
            proxy.set(Network::ResetAt(way, at));
            let outcome = connect_and_work(&through, &facts).await;
            if let Err(error) = outcome {
                assert!(
                    matches!(error, GraphError::Unreachable { .. }),
                    "{place}: {error}"
                );
                failed += 1;
            }
            assert_eq!(proxy.network(), Network::Fine, "{place} did not happen");
            assert_no_transaction(&direct, &place).await;
            let left = dump(&direct).await;
            begun += usize::from(!left.is_empty() && left != wanted);
            work(&direct, &facts).await.unwrap();
            assert_same(&dump(&direct).await, &wanted, &place);
        }
        proxy.set(Network::Fine);
        wipe(&direct).await;
        connect_and_work(&through, &facts).await.unwrap();
    }
    assert!(failed > 50, "only {failed} failed");
    assert!(begun > 10, "only {begun} broke off in the middle");
    wipe(&direct).await;
}

/// Of each transaction in turn: the server has committed, and nobody was told.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_doubles_nothing() {
    let facts = facts(1);
    let wanted = undisturbed(&facts).await;
    let shared = SharedNeo4j::take();
    let direct = neo4j(&shared).await;
    let proxy = Proxy::before(&shared.settings).await;
    let store = Neo4jStore::connect(proxy.through(&shared.settings))
        .await
        .unwrap();
    let mut lost = 0;
    loop {
        let before = dump(&direct).await;
        proxy.set(Network::LostCommit);
        let outcome = work(&store, &facts).await;
        if proxy.network() == Network::LostCommit {
            // All was there: nothing was committed.
            outcome.unwrap();
            break;
        }
        let error = outcome.unwrap_err();
        assert!(matches!(error, GraphError::Unreachable { .. }), "{error}");
        lost += 1;
        assert_no_transaction(&direct, "a lost answer").await;
        assert!(dump(&direct).await != before, "commit {lost} was lost");
    }
    assert_same(&dump(&direct).await, &wanted, "lost answers");
    assert!(lost >= 8, "only {lost} answers were lost");
    wipe(&direct).await;
}
