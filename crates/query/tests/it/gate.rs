//! `gate`, requirement by requirement.

use polar_graph::GraphStore;
use polar_normalize::Options;
use polar_query::{
    Decision, Gate, ImageTarget, Policy, PolicyFile, State, TargetError, gate, summary_attestation,
};
use polar_testkit::on_both;
use serde_json::json;

use crate::{
    shop::{attached, built, held, held_untimed},
    world::{REGISTRY, complete, digest, started, take},
};

const APP: &str = "r.example.com/shop/app:1";

async fn try_judge(store: &dyn GraphStore, image: &str, policy: &str) -> Result<Gate, TargetError> {
    let target = ImageTarget::read(image, &Options::default()).unwrap();
    let file = PolicyFile {
        name: None,
        file: "p.toml".to_owned(),
        sha256: "00".to_owned(),
    };
    let now = "2026-05-05T10:00:00Z".parse().unwrap();
    gate(store, &target, &Policy::parse(policy).unwrap(), file, now).await
}

async fn judge(store: &dyn GraphStore, image: &str, policy: &str) -> Gate {
    try_judge(store, image, policy).await.unwrap()
}

/// What the one requirement of a policy comes to at the tag `1`, and whether it lets it pass.
async fn check(store: &dyn GraphStore, policy: &str) -> (State, String) {
    let answer = judge(store, APP, policy).await;
    assert_eq!(answer.checks.len(), 2, "{policy}");
    let check = answer.checks[1].clone();
    let allowed = answer.decision == Decision::Allow;
    assert_eq!(check.allowed, allowed);
    let allows_unknown = policy.contains("unknown = \"allow\"");
    assert_eq!(
        allowed,
        check.state == State::Met || (check.state == State::Unknown && allows_unknown)
    );
    (check.state, check.detail)
}

macro_rules! assert_check {
    ($store:expr, $policy:expr, $state:ident, $detail:expr) => {
        let (state, detail) = check($store, $policy).await;
        assert_eq!(state, State::$state, "{}: {detail}", $policy);
        assert!(detail.contains($detail), "{}: {detail}", $policy);
    };
}

#[tokio::test]
async fn where_it_comes_from_and_how_old_it_is() {
    on_both(async |store| {
        let store = store.as_ref();
        take(store, &[held("1", 'a')]).await;
        assert_check!(
            store,
            "[registry]\nallow = [\"r.example.com/shop/*\"]",
            Met,
            "is allowed"
        );
        assert_check!(
            store,
            "[registry]\nallow = [\"r.example.com\"]",
            NotMet,
            "is none of r.example.com"
        );
        assert_check!(
            store,
            "[age]\nmax = \"1d\"",
            Met,
            "pushed at 2026-05-04T10:00:00Z"
        );
        assert_check!(store, "[age]\nmax = \"23h\"", NotMet, "more than 23h ago");
    })
    .await;
}

#[tokio::test]
async fn what_nobody_tells_is_unknown() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut image = held_untimed("1", 'a');
        image["seen_at"] = json!("2026-05-05T00:00:00Z");
        take(store, &[image]).await;
        assert_check!(
            store,
            "[age]\nmax = \"1d\"",
            Unknown,
            "nobody tells when it was pushed"
        );
        assert_check!(
            store,
            "[age]\nmax = \"1h\"",
            NotMet,
            "seen at 2026-05-05T00:00:00Z already"
        );
        for table in [
            "signed", "verified", "attested", "scanned", "reviewed", "built_by", "readings",
        ] {
            let more = if table == "readings" {
                "max_age = \"1d\"\n"
            } else {
                ""
            };
            let (denied, _) = check(store, &format!("[{table}]\n{more}")).await;
            assert_eq!(denied, State::Unknown, "{table}");
            let policy = format!("[{table}]\n{more}unknown = \"allow\"");
            let (allowed, _) = check(store, &policy).await;
            assert_eq!(allowed, State::Unknown, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn who_built_it() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut facts = vec![held("1", 'a')];
        facts.extend(built(7, "main", Some("runner-1"), "1", 'a'));
        take(store, &facts).await;
        assert_check!(
            store,
            "[built_by]",
            Met,
            "pipeline g.example.com/shop/app/7"
        );
        assert_check!(
            store,
            "[built_by]\nprojects = [\"g.example.com/shop/*\"]",
            Met,
            "7"
        );
        assert_check!(
            store,
            "[built_by]\nprojects = [\"g.example.com/other/*\"]",
            NotMet,
            "project g.example.com/shop/app is none of"
        );
        assert_check!(
            store,
            "[built_by]\nrefs = [\"v*\", \"main\"]",
            Met,
            "on main"
        );
        assert_check!(
            store,
            "[built_by]\nrefs = [\"v*\"]",
            NotMet,
            "ref main is none of v*"
        );
        assert_check!(
            store,
            "[built_by]\nrunners = [\"runner-*\"]",
            Met,
            "by runner-1"
        );
        assert_check!(
            store,
            "[built_by]\nrunners = [\"trusted-*\"]",
            NotMet,
            "runner runner-1"
        );
        // A second pipeline that pushed the same under the same name, as likely as the first.
        take(store, &built(8, "feature", None, "1", 'a')).await;
        assert_check!(
            store,
            "[built_by]\nrefs = [\"main\"]",
            NotMet,
            "app/8: ref feature"
        );
        assert_check!(
            store,
            "[built_by]\nrunners = [\"runner-*\"]",
            Unknown,
            "app/8: the runner"
        );
    })
    .await;
}

#[tokio::test]
async fn weak_evidence_of_a_build_is_none() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut pipeline = built(7, "main", None, "1", 'a').remove(0);
        pipeline["sha"] = json!("c1c1c1c11111111111111111111111111111cccc");
        take(store, &[held("main-c1c1c1c1", 'a'), pipeline]).await;
        let image = "r.example.com/shop/app:main-c1c1c1c1";
        for (policy, wanted) in [
            ("[built_by]", State::Unknown),
            ("[built_by]\nmin_confidence = 0.7", State::Met),
        ] {
            let answer = judge(store, image, policy).await;
            assert_eq!(
                answer.checks[1].state, wanted,
                "{}",
                answer.checks[1].detail
            );
        }
    })
    .await;
}

#[tokio::test]
async fn scans() {
    on_both(async |store| {
        let store = store.as_ref();
        let scan = |letter, subject, day: u8, critical: i64| {
            let at = format!("2026-05-{day:02}T12:00:00Z");
            let found = json!({"created_at": at, "vulnerabilities": {"critical": critical}});
            attached("scan", letter, subject, &found)
        };
        let index = json!({"v": 1, "type": "image_manifest", "digest": digest('a'),
                           "manifests": [digest('b')]});
        take(store, &[held("1", 'a'), index, scan('1', 'a', 1, 9)]).await;
        assert_check!(store, "[scanned]\nmax_critical = 8", NotMet, "9 critical");
        assert_check!(store, "[scanned]\nmax_critical = 9", Met, "at most 9");
        assert_check!(
            store,
            "[scanned]\nmax_high = 0",
            Unknown,
            "does not tell how many are high"
        );
        assert_check!(store, "[scanned]", Met, "1 scan");
        // The newest scan of a manifest counts.
        take(store, &[scan('2', 'a', 2, 0)]).await;
        assert_check!(store, "[scanned]\nmax_critical = 0", Met, "0 critical");
        // Each manifest counts.
        take(store, &[scan('3', 'b', 1, 2)]).await;
        assert_check!(
            store,
            "[scanned]\nmax_critical = 0",
            NotMet,
            &format!("2 critical in {}", digest('b'))
        );
    })
    .await;
}

#[tokio::test]
async fn attestations() {
    on_both(async |store| {
        let store = store.as_ref();
        let provenance = "https://slsa.dev/provenance/v1";
        let key = json!({"fingerprint": digest('f'), "name": "release", "repositories": [format!("{REGISTRY}/shop/")]});
        let other = json!({"fingerprint": digest('e'), "name": "other", "repositories": ["elsewhere.example.com/"]});
        let typed = |more: &serde_json::Value| {
            let kind = json!({"artifact_type": provenance});
            attached("attestation", '1', 'a', &crate::shop::with(kind, more))
        };
        take(store, &[held("1", 'a'), typed(&json!({}))]).await;
        assert_check!(store, "[attested]", Met, provenance);
        assert_check!(store, "[attested]\ntypes = [\"https://slsa.dev/provenance/*\"]", Met, provenance);
        assert_check!(store, "[attested]\ntypes = [\"https://spdx.dev/*\"]", Unknown, "never read");
        assert_check!(store, "[attested]\nverified = true", Unknown, "no key that counts");
        // A key for other repositories does not count.
        take(store, &[typed(&json!({"verified_by": [other], "checked_with": [other]}))]).await;
        assert_check!(store, "[attested]\nverified = true", Unknown, "no key that counts");
        take(store, &[typed(&json!({"verified_by": [], "checked_with": [key]}))]).await;
        assert_check!(store, "[attested]\nverified = true", NotMet, "no key that counts for the image made");
        take(store, &[typed(&json!({"verified_by": [key], "checked_with": [key]}))]).await;
        assert_check!(store, "[attested]\nverified = true", Met, "signed with the key release");
        let read = complete("attached", REGISTRY, "2026-05-05T09:00:00Z");
        take(store, &[read]).await;
        assert_check!(store, "[attested]\ntypes = [\"https://spdx.dev/*\"]", NotMet, "no attestation of type");
    })
    .await;
}

#[tokio::test]
async fn readings() {
    on_both(async |store| {
        let store = store.as_ref();
        take(
            store,
            &[
                held("1", 'a'),
                complete("registry", REGISTRY, "2026-05-05T09:00:00Z"),
            ],
        )
        .await;
        let of = |max: &str, of: &str| format!("[readings]\nmax_age = \"{max}\"\nof = [\"{of}\"]");
        assert_check!(store, &of("1h", "registry"), Met, "at most 1h ago");
        assert_check!(store, &of("59m", "registry"), NotMet, "more than 59m ago");
        assert_check!(
            store,
            &of("1h", "attached"),
            Unknown,
            "never read completely"
        );
        assert_check!(
            store,
            &of("1h", "gitlab"),
            Unknown,
            "not known in which GitLab"
        );
        assert_check!(
            store,
            "[readings]\nmax_age = \"59m\"",
            NotMet,
            "registry r.example.com was read"
        );
        let mut facts = built(7, "main", None, "1", 'a');
        facts.push(complete(
            "gitlab",
            "other.example.com",
            "2026-05-05T09:30:00Z",
        ));
        take(store, &facts).await;
        assert_check!(
            store,
            &of("1h", "gitlab"),
            Unknown,
            "was never read completely"
        );
        take(
            store,
            &[complete(
                "gitlab",
                "g.example.com/shop/app",
                "2026-05-05T09:30:00Z",
            )],
        )
        .await;
        assert_check!(
            store,
            &of("1h", "gitlab"),
            Met,
            "gitlab g.example.com/shop/app"
        );
    })
    .await;
}

#[tokio::test]
async fn findings_about_the_image_its_tag_and_what_was_pushed() {
    on_both(async |store| {
        let store = store.as_ref();
        let policy = "[findings]\nnone_of = [\"retag\", \"digest-conflict\", \"ambiguous-build\"]";
        take(store, &[held("1", 'a')]).await;
        assert_check!(store, policy, Met, "none of retag");
        let mut facts = built(7, "main", None, "1", 'a');
        facts.extend(built(8, "main", None, "1", 'a'));
        take(store, &facts).await;
        assert_check!(store, policy, NotMet, "ambiguous-build: ");
        let mut moved = held("1", 'b');
        moved["pushed_at"] = json!("2026-05-04T11:00:00Z");
        take(store, &[moved]).await;
        assert_check!(store, policy, NotMet, "retag: ");
        assert_check!(
            store,
            "[findings]\nnone_of = [\"unbuilt\"]",
            Met,
            "none of unbuilt"
        );
    })
    .await;
}

#[tokio::test]
async fn which_image_is_meant() {
    on_both(async |store| {
        let store = store.as_ref();
        let mut moved = held("1", 'b');
        moved["pushed_at"] = json!("2026-05-04T11:00:00Z");
        take(store, &[held("1", 'a'), moved, held("2", 'a')]).await;
        let policy = "[age]\nmax = \"2d\"";
        let images = async |image: &str| judge(store, image, policy).await.images;
        let key = |tag: &str, letter| format!("{REGISTRY}/shop/app:{tag}@{}", digest(letter));
        // Where the tag points now.
        assert_eq!(images(APP).await, [key("1", 'b')]);
        // A digest wins, with the tag only where the two go together.
        assert_eq!(images(&key("1", 'a')).await, [key("1", 'a')]);
        assert_eq!(images(&key("9", 'b')).await, [key("1", 'b')]);
        let by_digest = format!("{REGISTRY}/shop/app@{}", digest('a'));
        assert_eq!(images(&by_digest).await, [key("1", 'a'), key("2", 'a')]);
        assert_eq!(images(&digest('b')).await, [key("1", 'b')]);
        let error = try_judge(store, "r.example.com/shop/app", policy)
            .await
            .unwrap_err();
        assert!(matches!(error, TargetError::Ambiguous { .. }), "{error}");
        let elsewhere = format!("other.example.com/shop/app@{}", digest('a'));
        let answer = judge(store, &elsewhere, policy).await;
        assert_eq!(answer.decision, Decision::Deny);
        assert_eq!(answer.checks.len(), 1);
        assert!(summary_attestation(&answer, "urn:v", "p").is_none());
    })
    .await;
}

#[tokio::test]
async fn without_any_time_all_digests_of_a_tag_are_judged() {
    on_both(async |store| {
        let store = store.as_ref();
        take(
            store,
            &[
                held_untimed("1", 'a'),
                held_untimed("1", 'b'),
                attached("signature", '1', 'a', &json!({})),
            ],
        )
        .await;
        let answer = judge(store, APP, "[signed]").await;
        assert_eq!(answer.images.len(), 2);
        assert_eq!(answer.digest, None);
        assert_eq!(answer.decision, Decision::Deny);
        assert_eq!(answer.checks[1].state, State::Unknown);
        let signed = format!("{APP}@{}", digest('a'));
        assert_eq!(
            judge(store, &signed, "[signed]").await.decision,
            Decision::Allow
        );
    })
    .await;
}

#[tokio::test]
async fn what_is_gone_is_not_present() {
    on_both(async |store| {
        let store = store.as_ref();
        take(store, &[held("1", 'a'), held("2", 'a')]).await;
        let reading = |seen: Vec<_>, from: &str, to: &str| {
            [
                vec![started("registry", REGISTRY, from)],
                seen,
                vec![complete("registry", REGISTRY, to)],
            ]
            .concat()
        };
        take(
            store,
            &reading(
                vec![held("2", 'a')],
                "2026-05-05T08:00:00Z",
                "2026-05-05T08:01:00Z",
            ),
        )
        .await;
        let answer = judge(store, APP, "[age]\nmax = \"2d\"").await;
        assert_eq!(answer.decision, Decision::Deny);
        assert_eq!(answer.checks[0].state, State::NotMet);
        assert!(
            answer.checks[0]
                .detail
                .contains("missed at 2026-05-05T08:01:00Z")
        );
        // The tag has moved on to what no registry has told of yet.
        let mut facts = built(7, "main", None, "1", 'b');
        facts[0]["finished_at"] = json!("2026-05-05T09:00:00Z");
        take(store, &facts).await;
        let answer = judge(store, APP, "[age]\nmax = \"2d\"").await;
        assert_eq!(answer.decision, Decision::Deny);
        assert_eq!(answer.images.len(), 0);
        let detail = format!("points to {}, which no registry", digest('b'));
        assert!(
            answer.checks[0].detail.contains(&detail),
            "{:?}",
            answer.checks
        );
        // The digest is there still, under another tag.
        let by_digest = format!("{REGISTRY}/shop/app@{}", digest('a'));
        let answer = judge(store, &by_digest, "[age]\nmax = \"2d\"").await;
        assert_eq!(answer.decision, Decision::Allow);
        assert_eq!(
            answer.images,
            [format!("{REGISTRY}/shop/app:2@{}", digest('a'))]
        );
    })
    .await;
}
