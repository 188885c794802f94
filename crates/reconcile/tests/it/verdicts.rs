//! Answers agree with findings, and each reason has a case.

use std::{collections::BTreeSet, sync::Arc};

use polar_graph::{GraphStore, Statement};
use polar_query::{Answer, Reason, Verdict, Verdicts, verdicts};
use polar_testkit::{on_both, wipe};

use crate::{
    facts::{apply, derived, ingest},
    reviews::not_reviewed,
    rules::all_cases,
};

const RUNNING: &str = "MATCH (workload:KubeDeployment)-[:HAS_POD]->(pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[runs:RUNS]->(image:ACRImage)
     WHERE pod.gone_at IS NULL AND container.gone_at IS NULL AND runs.confidence > 0.5
     RETURN workload.key AS workload, image.key AS image";

/// Workloads with an image of which the answer is "no".
async fn with_no(
    store: &dyn GraphStore,
    rule: &str,
    seen: &mut BTreeSet<(String, String)>,
) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for row in store.read(Statement::new(RUNNING)).await.unwrap() {
        let all = verdicts(store, row.text("image")).await.unwrap();
        let verdict: &Verdict = match rule {
            "unsigned" => &all.signed,
            "unverified" => &all.verified,
            "unscanned" => &all.scanned,
            _ => &all.reviewed,
        };
        assert!(!verdict.detail.is_empty());
        seen.insert((
            format!("{:?}", verdict.answer),
            format!("{:?}", verdict.reason),
        ));
        // Where there is no signature, none can be verified: that is told as `unsigned`.
        let is_told = rule != "unverified" || verdict.reason != Reason::NotFound;
        if verdict.answer == Answer::No && is_told {
            found.insert(format!("KubeDeployment {}", row.text("workload")));
        }
    }
    found
}

#[tokio::test]
async fn a_no_is_what_the_rules_call_a_finding() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let rules = ["unsigned", "unverified", "unscanned", "unreviewed"];
        let mut seen = BTreeSet::new();
        let cases = all_cases().into_iter();
        let judged = cases.filter(|case| rules.contains(&case.rule));
        let estates = judged.flat_map(|case| {
            let example = [("example", case.example)];
            example.into_iter().chain(case.near_misses)
        });
        let reviews = not_reviewed().into_iter();
        let reviews = reviews.map(|(facts, reason)| (reason, facts));
        for (name, facts) in estates.chain(reviews) {
            wipe(store).await;
            ingest(store, &facts).await;
            apply(store).await;
            for rule in rules {
                let answers = with_no(store, rule, &mut seen).await;
                assert_eq!(answers, derived(store, rule).await, "{rule}: {name}");
            }
        }
        let seen: Vec<_> = seen
            .iter()
            .map(|(answer, reason)| format!("{answer} {reason}"))
            .collect();
        assert_eq!(
            seen,
            [
                "No NoKeyVerifies",
                "No NoMergeRequest",
                "No NotApproved",
                "No NotFound",
                "No OwnApproval",
                "No PushedAfter",
                "Unknown CommitNotKnown",
                "Unknown NoCommit",
                "Unknown NotChecked",
                "Unknown NotRead",
                "Unknown ReadBefore",
                "Yes Found",
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn of_an_image_that_is_not_there_nothing_is_known() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let all = verdicts(store.as_ref(), "r.example.com/a/b:1@sha256:x")
            .await
            .unwrap();
        let Verdicts {
            signed,
            verified,
            attested,
            scanned,
            reviewed,
        } = all;
        for verdict in [signed, verified, attested, scanned, reviewed] {
            assert_eq!(
                (verdict.answer, verdict.reason),
                (Answer::Unknown, Reason::NoSuchImage)
            );
        }
    })
    .await;
}
