//! The writer's lease, on both stores.
#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on must fail"
)]

use std::{sync::Arc, time::Duration};

use polar_graph::{
    Acquired, Counters, GraphError, GraphStore, Lease, LeasedStore, Neo4jStore, Statement,
};
use polar_testkit::{SharedNeo4j, dump, neo4j, on_both};

type Store = Arc<dyn GraphStore>;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3600);

fn lease(store: &Store, host: &str) -> Arc<Lease> {
    Arc::new(Lease::new(Arc::clone(store), host, LONG))
}

fn add(key: &str) -> Vec<Statement> {
    vec![Statement::new("MERGE (n:Source {key: $key})").with("key", key)]
}

async fn change(store: &Store, text: &'static str) {
    let changed = store.write(vec![Statement::new(text)]).await.unwrap();
    assert!(!changed.is_zero(), "{text}");
}

/// As though the lease's time had passed.
async fn expire(store: &Store) {
    let text = "MATCH (lease:Lease) SET lease.expires_at = datetime('2001-01-01T00:00:00Z')";
    change(store, text).await;
}

async fn assert_others(lease: &Lease, holder: Option<&Lease>) {
    let holder = holder.map(|holder| holder.holder().to_owned());
    assert_eq!(lease.acquire().await.unwrap(), Acquired::Others { holder });
}

async fn assert_mine(lease: &Lease) {
    assert_eq!(lease.acquire().await.unwrap(), Acquired::Mine);
}

async fn assert_lost(lease: &Arc<Lease>) {
    let error = lease.renew().await.unwrap_err();
    assert!(matches!(error, GraphError::Refused { .. }), "{error}");
    let store = LeasedStore::new(Arc::clone(lease));
    let error = store.write(add("of a loser")).await.unwrap_err();
    assert!(matches!(error, GraphError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn one_holds_it_and_the_others_stand_by() {
    on_both(async |store: Store| {
        let (one, other) = (lease(&store, "one"), lease(&store, "other"));
        assert_lost(&one).await;
        assert_mine(&one).await;
        assert_others(&other, Some(&one)).await;
        assert_lost(&other).await;
        // Asking again is no harm: the answer to the first time may not have come.
        assert_mine(&one).await;
        one.renew().await.unwrap();
        assert_eq!(dump(store.as_ref()).await, [] as [&str; 0]);
    })
    .await;
}

#[tokio::test]
async fn a_released_lease_is_free_and_a_second_release_takes_none_away() {
    on_both(async |store: Store| {
        let (one, other) = (lease(&store, "one"), lease(&store, "other"));
        one.release().await.unwrap();
        assert_mine(&one).await;
        one.release().await.unwrap();
        assert_lost(&one).await;
        assert_mine(&other).await;
        one.release().await.unwrap();
        other.renew().await.unwrap();
        assert_others(&one, Some(&other)).await;
    })
    .await;
}

#[tokio::test]
async fn an_expired_lease_can_be_taken_and_is_then_lost() {
    on_both(async |store: Store| {
        let (one, other) = (lease(&store, "one"), lease(&store, "other"));
        assert_mine(&one).await;
        expire(&store).await;
        // Nobody took it: it is still held, and renewed.
        one.renew().await.unwrap();
        assert_others(&other, Some(&one)).await;
        expire(&store).await;
        assert_mine(&other).await;
        assert_lost(&one).await;
        assert_others(&one, Some(&other)).await;
        assert_eq!(dump(store.as_ref()).await, [] as [&str; 0]);
    })
    .await;
}

#[tokio::test]
async fn it_expires_by_itself_unless_it_is_kept() {
    on_both(async |store: Store| {
        let short = Duration::from_millis(600);
        let one = Lease::new(Arc::clone(&store), "one", short);
        assert_mine(&one).await;
        let other = lease(&store, "other");
        let waiting = async {
            while other.acquire().await.unwrap() != Acquired::Mine {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LONG, waiting).await.unwrap();
        assert!(matches!(one.kept(|| ()).await, GraphError::Refused { .. }));

        other.release().await.unwrap();
        // Three times its time: a machine so busy that it beats only once in that loses it.
        let kept = Lease::new(Arc::clone(&store), "kept", Duration::from_secs(3));
        assert_mine(&kept).await;
        tokio::select! {
            error = kept.kept(|| ()) => panic!("{error}"),
            () = tokio::time::sleep(Duration::from_secs(9)) => {}
        }
        assert_others(&other, Some(&kept)).await;
    })
    .await;
}

#[tokio::test]
async fn writes_are_the_holder_s_and_counted_as_without_a_lease() {
    on_both(async |store: Store| {
        let (one, other) = (lease(&store, "one"), lease(&store, "other"));
        assert_mine(&one).await;
        let leased = LeasedStore::new(Arc::clone(&one));
        let first = leased.write(add("a")).await.unwrap();
        assert_eq!(first.nodes_created, 1);
        assert_eq!(leased.write(add("a")).await.unwrap(), Counters::default());
        let graph = dump(store.as_ref()).await;
        assert_eq!(graph, dump(&leased).await);
        expire(&store).await;
        leased.write(add("b")).await.unwrap();
        // A batch renews the lease, so that a slow one does not lose it.
        assert_others(&other, Some(&one)).await;
        expire(&store).await;
        assert_mine(&other).await;
        let before = dump(store.as_ref()).await;
        assert_lost(&one).await;
        assert_eq!(dump(store.as_ref()).await, before);
        // The loss is heard of at once, not at the next renewal.
        assert!(matches!(one.kept(|| ()).await, GraphError::Refused { .. }));
    })
    .await;
}

#[tokio::test]
async fn whoever_empties_the_graph_ends_the_lease() {
    on_both(async |store: Store| {
        let one = lease(&store, "one");
        assert_mine(&one).await;
        change(&store, "MATCH (lease:Lease) DELETE lease").await;
        assert_lost(&one).await;
        assert_mine(&lease(&store, "other")).await;
        assert_lost(&one).await;
    })
    .await;
}

/// Takes the lease again and again, and counts up while it has it, as a pass does: what is written
/// follows from what was read before. The counts are keys, so that two who count at a time collide.
async fn count_up(store: &Store, host: &str) -> usize {
    let count = "MATCH (n:Source {key: 'count'}) RETURN n.number AS number";
    let write = "MATCH (n:Source {key: 'count'}) SET n.number = $number
                 CREATE (:Source {key: $key})";
    let mut refused = 0;
    for _ in 0..25 {
        let lease = lease(store, host);
        while lease.acquire().await.unwrap() != Acquired::Mine {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let leased = LeasedStore::new(Arc::clone(&lease));
        for _ in 0..4 {
            // The others need not wait.
            expire(store).await;
            let rows = leased.read(Statement::new(count)).await.unwrap();
            let number = rows[0].get("number").as_int().unwrap() + 1;
            let write = Statement::new(write)
                .with("number", number)
                .with("key", format!("{number}"));
            match leased.write(vec![write]).await {
                Ok(_) => {}
                Err(GraphError::Refused { .. }) => {
                    refused += 1;
                    break;
                }
                Err(error) => panic!("two counted at a time: {error}"),
            }
        }
        expire(store).await;
    }
    refused
}

async fn never_two(first: &Store, second: &Store) {
    change(first, "CREATE (:Source {key: 'count', number: 0})").await;
    let refused = tokio::join!(
        count_up(first, "a"),
        count_up(second, "b"),
        count_up(second, "c")
    );
    let refused = refused.0 + refused.1 + refused.2;
    assert!(refused > 10, "they hardly met: {refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_that_take_it_from_each_other_never_write_at_a_time() {
    on_both(async |store: Store| never_two(&store, &store).await).await;
    let shared = SharedNeo4j::take();
    let first: Store = Arc::new(neo4j(&shared).await);
    let second = Neo4jStore::connect(shared.settings.clone()).await.unwrap();
    never_two(&first, &(Arc::new(second) as Store)).await;
}
