//! What a target means.

use polar_explain::ExplainError;
use polar_graph::GraphStore;
use polar_testkit::on_both;
use serde_json::json;

use crate::world::{CONTAINER, REGISTRY, ask, digest, held, pipeline, pod, pushed, with};

async fn labels(store: &dyn GraphStore, target: &str) -> Vec<String> {
    let explanation = ask(store, target).await.unwrap();
    let nodes = explanation.nodes.iter();
    nodes
        .map(|node| format!("{}:{}", node.node.label, node.node.key))
        .collect()
}

#[tokio::test]
async fn a_node_a_key_or_a_pod() {
    on_both(|store| async move {
        with(&*store, &[pod(&format!("{REGISTRY}/a/b:1"), None)]).await;
        for target in [
            CONTAINER,
            "c/u/app",
            "app-1",
            "c/n/app-1",
            "c/u",
            "KubePod:c/u",
        ] {
            assert_eq!(labels(&*store, target).await, [CONTAINER], "{target}");
        }
        let workload = "KubeDeployment:c/n/Deployment/app";
        assert_eq!(labels(&*store, "c/n/Deployment/app").await, [workload]);
    })
    .await;
}

#[tokio::test]
async fn a_reference_means_its_forms_and_who_identifies_them() {
    on_both(|store| async move {
        let a = digest('a');
        let image = format!("{REGISTRY}/a/b:V1");
        // The container ran it, and runs another one now.
        let other = pod(&format!("{REGISTRY}/a/other:1"), None);
        with(&*store, &[held("V1", &a), pod(&image, None)]).await;
        with(&*store, &[other]).await;
        let explanation = ask(&*store, &format!("docker://{image}@{a}"))
            .await
            .unwrap();
        let reference = json!(explanation.reference.unwrap());
        assert_eq!(reference["canonical"], format!("{image}@{a}"));
        let forms = reference["forms"].as_array().unwrap();
        assert_eq!(forms[0]["reference"], "r.example.com/a/b:v1");
        assert_eq!(forms[1]["reference"], format!("r.example.com/a/b@{a}"));
        let by: Vec<_> = forms[0]["identified_by"]
            .as_array()
            .unwrap()
            .iter()
            .collect();
        let named: Vec<_> = by
            .iter()
            .map(|by| (by["label"].as_str().unwrap(), by["until"].is_null()))
            .collect();
        assert_eq!(
            named,
            [
                ("ACRImage", true),
                ("ImageTag", true),
                ("KubeContainer", false)
            ]
        );
        assert_eq!(forms[1]["identified_by"].as_array().unwrap().len(), 1);
        assert_eq!(
            explanation.nodes.len(),
            3,
            "each once, though it identifies both"
        );
        // A form that the graph does not have is told as such.
        let unknown = ask(&*store, &format!("{image}@{}", digest('b')))
            .await
            .unwrap();
        let known: Vec<_> = unknown
            .reference
            .unwrap()
            .forms
            .iter()
            .map(|form| form.known)
            .collect();
        assert_eq!(known, [true, false]);
    })
    .await;
}

#[tokio::test]
async fn several_of_a_name_are_listed() {
    on_both(|store| async move {
        let job = json!({"v": 1, "type": "gitlab_job", "instance": "gitlab.example.com", "project": "a/b",
                         "pipeline": 7, "id": 7, "name": "build"});
        let mut twin = pod(&format!("{REGISTRY}/a/b:1"), None);
        twin["cluster"] = "d".into();
        with(&*store, &[pipeline(7, "aa"), job, pod(&format!("{REGISTRY}/a/b:1"), None), twin]).await;
        let listed = |error: ExplainError| match error {
            ExplainError::Ambiguous { nodes, .. } => nodes,
            other => vec![other.to_string()],
        };
        let error = ask(&*store, "gitlab.example.com/a/b/7").await.unwrap_err();
        assert!(error.to_string().contains("give one of\n  PipelineRun:"), "{error}");
        assert_eq!(
            listed(error),
            ["PipelineRun:gitlab.example.com/a/b/7", "GitLabJob:gitlab.example.com/a/b/7"]
        );
        let error = ask(&*store, "app-1").await.unwrap_err();
        assert_eq!(listed(error), ["c/n/app-1", "d/n/app-1"]);
        // A key that is a reference, too, means all of it.
        with(&*store, &[pushed(7, &format!("{REGISTRY}/a/b:1"), Some(digest('a'))), held("1", &digest('a'))]).await;
        let both = labels(&*store, &format!("{REGISTRY}/a/b:1@{}", digest('a'))).await;
        assert!(both.iter().any(|node| node.starts_with("ACRImage:")), "{both:?}");
        assert!(both.iter().any(|node| node.starts_with("ContainerImageTag:")), "{both:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_unknown_is_told_with_what_is_near() {
    on_both(|store| async move {
        with(
            &*store,
            &[
                held("1.4.0", &digest('a')),
                pod(&format!("{REGISTRY}/a/b:1.4.0"), None),
            ],
        )
        .await;
        for (target, says) in [
            (
                "r.example.com/a/b:1.4.9",
                "near it are\n  ImageReference:r.example.com/a/b:1.4.0\n  ImageTag:",
            ),
            (
                "KubeContainer:c/u/ap",
                "near it are\n  KubeContainer:c/u/app",
            ),
            ("c/n/app-2", "  c/n/app-1"),
            ("r.example.com/a/B:1", "it is no image reference"),
            ("r.example.com/a/b:1 ", "(byte 19)"),
            ("", "the graph has no ``"),
        ] {
            let error = ask(&*store, target).await.unwrap_err();
            assert!(matches!(error, ExplainError::Unknown { .. }), "{error}");
            assert!(error.to_string().contains(says), "{target}: {error}");
        }
    })
    .await;
}
