//! `IDENTIFIES` from Polar's nodes.

use polar_dialect::Settings;
use polar_normalize::{AliasTable, Options};
use polar_testkit::on_both;

use crate::polar::{
    POD_UID, Store, adopted, adopted_with, company, container, foreign, lines, polars, upsert,
};

const OPEN: &str = "MATCH (n)-[names:IDENTIFIES]->(reference:ImageReference)
                    WHERE names.mapping IS NOT NULL AND names.until IS NULL
                    RETURN labels(n)[0] + ' ' + coalesce(n.name, '') + ' ' + reference.key AS line";
const CLOSED: &str = "MATCH (n)-[names:IDENTIFIES]->(reference:ImageReference)
                      WHERE names.until IS NOT NULL AND n.key IS NULL
                      RETURN labels(n)[0] + ' ' + n.name + ' ' + reference.key AS line";

#[tokio::test]
async fn each_node_names_the_reference_that_others_name() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        adopted(store).await;
        let key = "registry.acme.example:5050/shop/checkout/app:1.4.0";
        let wanted = [
            format!("ContainerImage  {key}"),
            format!("ContainerRepositoryTag  {key}"),
            format!("PodContainer checkout {key}"),
            "PodContainer proxy docker.io/envoyproxy/envoy:v1.31.2".to_owned(),
        ];
        assert_eq!(lines(store, OPEN).await, wanted);
        // The same nodes as those of observations, with the same properties.
        let text = "MATCH (r:ImageReference)
                    WHERE r.uuid IS NULL OR r.normalized <> r.key OR r.touched_at IS NULL
                    RETURN r.key AS line";
        assert_eq!(lines(store, text).await, [""; 0]);
        let text =
            "MATCH (r:ImageReference)<-[:IDENTIFIES]-(n) RETURN labels(n)[0] + ' ' + r.key AS line";
        assert!(
            lines(store, text)
                .await
                .contains(&format!("KubeContainer {key}"))
        );
    })
    .await;
}

#[tokio::test]
async fn another_image_closes_the_old_edge_and_a_return_opens_it() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        adopted(store).await;
        container(store, POD_UID, "proxy", "envoyproxy/envoy:v1.32.0").await;
        let before = polars(store).await;
        let touched =
            "MATCH (r:ImageReference) RETURN r.key + ' ' + toString(r.touched_at) AS line";
        let times = lines(store, touched).await;
        adopted(store).await;
        assert_eq!(polars(store).await, before);
        let old = "PodContainer proxy docker.io/envoyproxy/envoy:v1.31.2".to_owned();
        let new = "PodContainer proxy docker.io/envoyproxy/envoy:v1.32.0".to_owned();
        assert_eq!(lines(store, CLOSED).await, std::slice::from_ref(&old));
        assert!(lines(store, OPEN).await.contains(&new));
        // Both were touched; what no container of the pod names was not.
        let now = lines(store, touched).await;
        let same = |part: &str| {
            now.iter()
                .any(|line| line.contains(part) && times.contains(line))
        };
        assert!(
            !same("envoy:v1.31.2") && same("@sha256:"),
            "{times:?} {now:?}"
        );
        assert!(
            now.iter().any(|line| line.contains("envoy:v1.32.0")),
            "{now:?}"
        );

        container(
            store,
            POD_UID,
            "proxy",
            "docker.io/envoyproxy/envoy:v1.31.2",
        )
        .await;
        adopted(store).await;
        assert_eq!(lines(store, CLOSED).await, [new]);
        assert!(lines(store, OPEN).await.contains(&old));
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_joined_is_counted_and_told_once() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        adopted(store).await;
        for (name, image) in [
            ("checkout", "UPPER/$TAG"),
            ("proxy", "localhost:5000/x:1"),
            ("second", "127.0.0.1/x:1"),
        ] {
            container(store, POD_UID, name, image).await;
        }
        for (digest, location) in [("d1", "r.acme.example/a/b"), ("d2", "r.acme.example/a/c")] {
            let key = [("repository_id", "9"), ("digest", digest)];
            upsert(
                store,
                ("ContainerRepositoryTag", &key),
                vec![("location", location.into())],
            )
            .await;
        }
        let (adoption, problems) = adopted(store).await;
        let count = |mapping: &str, kind: &str| {
            let found = adoption
                .mappings
                .iter()
                .find(|adopted| adopted.mapping == mapping);
            found
                .unwrap()
                .problems
                .get(kind)
                .copied()
                .unwrap_or_default()
        };
        assert_eq!(
            count("identifies-pod-container", "host-relative"),
            2,
            "{adoption:#?}"
        );
        assert_eq!(
            count("identifies-registry-tag", "no-tag"),
            2,
            "{adoption:#?}"
        );
        let told = problems
            .iter()
            .filter(|p| p.mapping == "identifies-registry-tag");
        let told: Vec<_> = told.map(|problem| problem.reason.as_str()).collect();
        // Of each kind one is told, whichever comes first.
        let [told] = told[..] else {
            unreachable!("{told:?}");
        };
        assert!(
            told.ends_with("has no tag: it names a repository, and no image"),
            "{told}"
        );
        // What it named before does not hold any more, and the rest does.
        assert_eq!(lines(store, CLOSED).await.len(), 2);
        let open = lines(store, OPEN).await;
        assert_eq!(open.len(), 2, "{open:?}");
    })
    .await;
}

#[tokio::test]
async fn edges_of_others_are_left_alone() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        foreign(
            store,
            "MATCH (c:PodContainer) MERGE (r:ImageReference {key: 'x'}) CREATE (c)-[:IDENTIFIES {by: 'somebody'}]->(r)",
        )
        .await;
        foreign(
            store,
            "CREATE (:PodContainer {name: 'alike', image: 'nginx:1'})-[:IDENTIFIES]->(:Thing)",
        )
        .await;
        let edges = "MATCH (n)-[names:IDENTIFIES]->(to) WHERE names.mapping IS NULL AND n.key IS NULL
                     RETURN n.name + ' ' + labels(to)[0] + ' ' + coalesce(names.by, '') +
                            coalesce(toString(names.until), '') AS line";
        let before = (polars(store).await, lines(store, edges).await);
        assert_eq!(before.1.len(), 3);
        let (first, _) = adopted(store).await;
        container(store, POD_UID, "proxy", "envoyproxy/envoy:v1.32.0").await;
        container(store, POD_UID, "proxy", "docker.io/envoyproxy/envoy:v1.31.2").await;
        adopted(store).await;
        assert_eq!((polars(store).await, lines(store, edges).await), before);
        // A container that could not be found again is told.
        let told = first.mappings.iter().find(|m| m.mapping == "identifies-pod-container");
        assert_eq!(told.unwrap().problems.get("no-key"), Some(&1));
    })
    .await;
}

#[tokio::test]
async fn aliases_of_the_settings_count() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        container(store, "p", "a", "mirror.acme.example/hub/library/nginx:1").await;
        let mut aliases = AliasTable::new();
        aliases
            .insert("mirror.acme.example/hub", "docker.io")
            .unwrap();
        let options = Options {
            aliases,
            ..Options::default()
        };
        let settings = Settings {
            options,
            ..Settings::default()
        };
        adopted_with(store, &settings).await;
        assert_eq!(
            lines(store, OPEN).await,
            ["PodContainer a docker.io/library/nginx:1"]
        );
        // Without the alias it is another reference.
        adopted(store).await;
        assert_eq!(
            lines(store, CLOSED).await,
            ["PodContainer a docker.io/library/nginx:1"]
        );
    })
    .await;
}
