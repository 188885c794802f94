//! Polar's facts answer the questions, and stay as they are.

use polar_dialect::{Settings, add_missing, builtin_mappings, schema_items};
use polar_graph::{SchemaItem, Statement};
use polar_query::Cause;
use polar_testkit::{dump, on_both};

use crate::polar::{
    CLUSTER, IMAGE, POD, POD_UID, SHA, Store, adopted, adopted_with, company, container, digest,
    drop_indexes, edge, lines, origin, polars, reconcile, upsert,
};

#[tokio::test]
async fn a_pod_leads_to_its_commit() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let before = polars(store).await;
        let (adoption, problems) = adopted(store).await;
        assert_eq!(problems, [], "{adoption:#?}");
        reconcile(store).await;
        assert_eq!(polars(store).await, before);

        let origin = origin(store, POD, "checkout").await;
        let container = &origin.containers[0];
        let place = [
            &container.cluster,
            &container.namespace,
            &container.workload,
        ];
        assert_eq!(place, [CLUSTER, "shop", "Deployment/checkout"]);
        assert_eq!(origin.written.as_deref(), Some(IMAGE));
        assert_eq!(
            container.node.as_deref(),
            Some("aks-pool1-41287733-vmss000001")
        );
        assert_eq!(container.digest, Some(digest('b')));
        let [image] = origin.images.as_slice() else {
            panic!("{origin:#?}")
        };
        assert_eq!(image.image, format!("{IMAGE}@{}", digest('a')));
        assert_eq!(
            (image.because[0].rule.as_str(), image.because[0].confidence),
            ("runs-reported", 1.0)
        );
        let platforms: Vec<_> = image
            .platforms
            .iter()
            .map(|p| (p.platform.as_deref(), p.runs))
            .collect();
        assert_eq!(
            platforms,
            [(Some("linux/amd64"), true), (Some("linux/arm64"), false)]
        );
        let [build] = image.builds.as_slice() else {
            panic!("{image:#?}")
        };
        assert_eq!(build.pipeline, "gitlab.acme.example/shop/checkout/481516");
        assert_eq!(build.because[0].rule, "resulted-in");
        let commit = build.commit.as_ref().unwrap();
        assert_eq!(commit.oid, SHA);
        assert_eq!(
            commit.title.as_deref(),
            Some("Merge branch 'rounding' into 'main'")
        );
    })
    .await;
}

#[tokio::test]
async fn an_unchanged_graph_is_adopted_without_a_write() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        drop_indexes(store).await;
        company(store).await;
        let (first, _) = adopted(store).await;
        assert!(first.written.nodes_created > 20, "{first:#?}");
        assert_eq!(first.indexes.len(), 5, "{first:#?}");
        reconcile(store).await;
        // Polar observes again and again.
        let text = "MATCH (n:Pod) SET n.observed_at = n.observed_at + 60000";
        store.write(vec![Statement::new(text)]).await.unwrap();
        let (second, _) = adopted(store).await;
        assert!(second.written.is_zero(), "{second:#?}");
        assert_eq!(second.rows(), first.rows());
        assert!(second.indexes.is_empty(), "{second:#?}");
        assert!(reconcile(store).await.written.is_zero());
    })
    .await;
}

#[tokio::test]
async fn jobs_and_packages_are_those_of_their_pipeline() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        adopted(store).await;
        let found = lines(
            store,
            "MATCH (project:GitLabProject)-[:HAS_PIPELINE]->(run:PipelineRun)-[r:HAS_JOB|PUBLISHED]->(what)
             RETURN project.key + ' ' + type(r) + ' ' + what.key + ' ' + what.name AS line",
        )
        .await;
        assert_eq!(found, [
            "gitlab.acme.example/shop/checkout HAS_JOB gitlab.acme.example/shop/checkout/5120349 publish",
            "gitlab.acme.example/shop/checkout PUBLISHED gitlab.acme.example/shop/checkout/9 shop-service",
        ]);
        let found = lines(store, "MATCH (job:GitLabJob) RETURN job.status AS line").await;
        assert_eq!(found, ["success"]);
        let found = lines(
            store,
            "MATCH (project:GitLabProject)-[:HAS_REPOSITORY]->(repository:ContainerRepository)
             RETURN repository.key AS line",
        )
        .await;
        assert_eq!(found, ["registry.acme.example:5050/shop/checkout/app"]);
    })
    .await;
}

#[tokio::test]
async fn names_come_from_the_settings_first() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let settings = Settings {
            cluster: Some("other".to_owned()),
            clusters: [(CLUSTER.to_owned(), "prod-weu".to_owned())].into(),
            instances: [(
                crate::polar::INSTANCE.to_owned(),
                "git.acme.example".to_owned(),
            )]
            .into(),
            ..Settings::default()
        };
        adopted_with(store, &settings).await;
        let clusters = lines(store, "MATCH (c:KubeCluster) RETURN c.key AS line").await;
        assert_eq!(clusters, ["prod-weu"]);
        let projects = lines(store, "MATCH (c:GitLabProject) RETURN c.key AS line").await;
        assert_eq!(projects, ["git.acme.example/shop/checkout"]);
    })
    .await;
}

#[tokio::test]
async fn a_build_of_a_commit_with_two_pipelines_is_nobodys() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let project = [
            ("instance_id", crate::polar::INSTANCE),
            ("project_id", "gid://gitlab/Project/77"),
        ];
        let other = [
            ("instance_id", crate::polar::INSTANCE),
            ("pipeline_id", "gid://gitlab/Ci::Pipeline/2"),
        ];
        upsert(store, ("GitlabPipeline", &other), vec![("sha", SHA.into())]).await;
        edge(
            store,
            ("GitlabProject", &project),
            "HAS_PIPELINE",
            ("GitlabPipeline", &other),
            &[],
        )
        .await;
        adopted(store).await;
        let produced =
            "MATCH (:PipelineRun)-[:PRODUCED]->(tag:ContainerImageTag) RETURN tag.key AS line";
        assert_eq!(lines(store, produced).await, [""; 0]);
        let runs = lines(store, "MATCH (run:PipelineRun) RETURN run.key AS line").await;
        assert_eq!(runs.len(), 2, "{runs:?}");
    })
    .await;
}

#[tokio::test]
async fn what_polar_saw_deleted_is_gone() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        adopted(store).await;
        let gone =
            "MATCH (n) WHERE n.gone_at IS NOT NULL RETURN labels(n)[0] + ' ' + n.key AS line";
        assert_eq!(lines(store, gone).await, [""; 0]);

        let deleted = [("sinst_uid", POD_UID), ("sinst_valid_from", "2")];
        upsert(
            store,
            ("PodState", &deleted),
            vec![("phase", "Deleted".into())],
        )
        .await;
        let pod = [("uid", POD_UID), ("cluster_uid", CLUSTER)];
        edge(
            store,
            ("Pod", &pod),
            "TRANSITIONED_TO",
            ("PodState", &deleted),
            &[],
        )
        .await;
        let deleted = [("deployment_uid", "d-1"), ("valid_from", "2")];
        upsert(
            store,
            ("DeploymentState", &deleted),
            vec![("phase", "Deleted".into())],
        )
        .await;
        let deployment = [("uid", "d-1"), ("cluster_uid", CLUSTER)];
        let deployment = ("KubernetesDeployment", deployment.as_slice());
        edge(
            store,
            deployment,
            "TRANSITIONED_TO",
            ("DeploymentState", &deleted),
            &[],
        )
        .await;
        adopted(store).await;
        let wanted = [
            format!("KubeContainer {CLUSTER}/{POD_UID}/checkout"),
            format!("KubeContainer {CLUSTER}/{POD_UID}/proxy"),
            format!("KubeDeployment {CLUSTER}/shop/Deployment/checkout"),
            format!("KubePod {CLUSTER}/{POD_UID}"),
        ];
        assert_eq!(lines(store, gone).await, wanted);
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");

        // Made anew under the same name, it is another one.
        let anew = [("uid", "d-2"), ("cluster_uid", CLUSTER)];
        let namespace = [("name", "shop"), ("cluster_uid", CLUSTER)];
        let anew = ("KubernetesDeployment", anew.as_slice());
        upsert(store, anew, vec![("name", "checkout".into())]).await;
        edge(store, anew, "IN_NAMESPACE", ("Namespace", &namespace), &[]).await;
        adopted(store).await;
        assert_eq!(lines(store, gone).await.len(), 3);
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_is_none_is_told_and_the_rest_lands() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let project = [
            ("instance_id", crate::polar::INSTANCE),
            ("project_id", "gid://gitlab/Project/77"),
        ];
        for id in [
            "gid://gitlab/Ci::Pipeline/7",
            "gid://gitlab/Ci::Pipeline/8",
            "none",
        ] {
            let key = [("instance_id", crate::polar::INSTANCE), ("pipeline_id", id)];
            upsert(store, ("GitlabPipeline", &key), vec![("sha", "".into())]).await;
            edge(
                store,
                ("GitlabProject", &project),
                "HAS_PIPELINE",
                ("GitlabPipeline", &key),
                &[],
            )
            .await;
        }
        container(store, POD_UID, "broken", "Acme/$TAG").await;
        let (adoption, problems) = adopted(store).await;
        let pipelines = adoption
            .mappings
            .iter()
            .find(|m| m.mapping == "gitlab-pipeline")
            .unwrap();
        assert_eq!(pipelines.rows, 4);
        let kinds: Vec<_> = pipelines
            .problems
            .iter()
            .map(|(kind, count)| (kind.as_str(), *count))
            .collect();
        assert_eq!(
            kinds,
            [
                ("gitlab_pipeline: missing field `sha`", 2),
                ("no-number", 1)
            ]
        );
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(told[0].starts_with("gitlab-pipeline: id \""), "{told:?}");
        assert_eq!(told.len(), 3, "{told:?}");
        assert_eq!(adoption.unresolvable, 1, "{adoption:#?}");
        let runs = lines(
            store,
            "MATCH (run:PipelineRun)-[:OF_COMMIT]->() RETURN run.key AS line",
        )
        .await;
        assert_eq!(runs, ["gitlab.acme.example/shop/checkout/481516"]);
        let checkout = origin(store, POD, "checkout").await;
        assert_eq!(checkout.written.as_deref(), Some(IMAGE));
        let broken = origin(store, POD, "broken").await;
        let missing = broken.missing.unwrap();
        assert_eq!(missing.reason, Cause::Unresolvable, "{missing:?}");
    })
    .await;
}

#[tokio::test]
async fn a_graph_without_polar_is_left_alone() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let before = dump(store).await;
        let (adoption, problems) = adopted(store).await;
        assert_eq!((adoption, problems), Default::default());
        assert_eq!(dump(store).await, before);
        let items = schema_items(store, &builtin_mappings().unwrap())
            .await
            .unwrap();
        assert_eq!(items, []);
    })
    .await;
}

#[tokio::test]
async fn indexes_are_made_on_the_labels_that_are_there() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        drop_indexes(store).await;
        container(store, "p", "a", "nginx:1").await;
        let mappings = builtin_mappings().unwrap();
        let needed = schema_items(store, &mappings).await.unwrap();
        let item = |unique| SchemaItem {
            label: "PodContainer".to_owned(),
            property: "pod_uid".to_owned(),
            unique,
        };
        assert_eq!(needed, [item(false)]);
        // A constraint of somebody else's serves as well.
        store.apply_schema(&[item(true)]).await.unwrap();
        assert_eq!(add_missing(store, &needed).await.unwrap(), []);
        drop_indexes(store).await;
    })
    .await;
}

#[tokio::test]
async fn each_query_is_planned_by_both_stores() {
    on_both(async |store: Store| {
        for mapping in builtin_mappings().unwrap() {
            let planned = store.explain(&mapping.query).await;
            assert!(planned.is_ok(), "{}: {planned:?}", mapping.name);
        }
    })
    .await;
}

#[tokio::test]
async fn a_platform_that_two_indexes_tell_differently_settles() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        company(store).await;
        let (other, manifest) = (digest('d'), digest('c'));
        let (other, manifest) = (
            [("digest", other.as_str())],
            [("digest", manifest.as_str())],
        );
        let platform = [
            ("platform_os", "linux"),
            ("platform_arch", "arm64"),
            ("platform_variant", "v8"),
        ];
        let (other, manifest) = (
            ("OCIArtifact", other.as_slice()),
            ("OCIArtifact", manifest.as_slice()),
        );
        edge(store, other, "HAS_MANIFEST", manifest, &platform).await;
        adopted(store).await;
        let platforms =
            "MATCH (m:ImageManifest) WHERE m.platform IS NOT NULL RETURN m.platform AS line";
        assert_eq!(
            lines(store, platforms).await,
            ["linux/amd64", "linux/arm64/v8"]
        );
        let (again, _) = adopted(store).await;
        assert!(again.written.is_zero(), "{again:#?}");
    })
    .await;
}

#[tokio::test]
async fn the_revision_of_a_tag_is_its_config() {
    on_both(async |store: Store| {
        let store = store.as_ref();
        let revision = "e".repeat(64);
        let key = [("repository_id", "3"), ("digest", "sha256:1")];
        let location = ("location", IMAGE.into());
        let props = vec![("revision", revision.as_str().into()), location];
        upsert(store, ("ContainerRepositoryTag", &key), props).await;
        adopted(store).await;
        let configs = "MATCH (m:ImageManifest)-[:HAS_CONFIG]->(config:ImageConfig)
                       RETURN m.key + ' ' + config.key AS line";
        assert_eq!(
            lines(store, configs).await,
            [format!("sha256:1 sha256:{revision}")]
        );
    })
    .await;
}
