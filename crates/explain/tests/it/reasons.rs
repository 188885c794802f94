//! Why a candidate does not match: for each reason a case, and what is most easily taken for it.

use std::sync::Arc;

use polar_explain::{Reason, State};
use polar_testkit::{on_both, wipe};
use serde_json::Value;

use crate::world::{
    CONTAINER, REGISTRY, at, complete, digest, held, held_at, pipeline, pod, pushed, read, reasons,
    started, with,
};

struct Case {
    name: &'static str,
    facts: Vec<Value>,
    target: String,
    rule: &'static str,
    wanted: Vec<(Reason, String)>,
    /// Part of what is said, or suggested, of the first.
    says: &'static str,
}

fn case(
    name: &'static str,
    facts: Vec<Value>,
    (target, rule): (&str, &'static str),
    wanted: &[(Reason, String)],
    says: &'static str,
) -> Case {
    Case {
        name,
        facts,
        target: target.to_owned(),
        rule,
        wanted: wanted.to_vec(),
        says,
    }
}

fn key(tag: &str, letter: char) -> String {
    format!("{REGISTRY}/a/b:{tag}@{}", digest(letter))
}

fn cases() -> Vec<Case> {
    let [a, b] = ['a', 'b'].map(digest);
    let image = format!("{REGISTRY}/a/b:1");
    let reported = |digest: &str| Some(format!("{REGISTRY}/a/b@{digest}"));
    let tag = |written: &str| format!("ContainerImageTag:{REGISTRY}/a/b:{written}");
    let mirrored = |repository: &str| held_at("m.example.com", repository, "1", &a);
    let mirror = |repository: &str| format!("m.example.com/{repository}:1@{a}");
    let gone = vec![
        started("registry", REGISTRY, "2026-05-04T03:00:00Z"),
        held("1", &a),
        held("2", &a),
        complete("registry", REGISTRY, "2026-05-04T04:00:00Z"),
        started("registry", REGISTRY, "2026-05-04T05:00:00Z"),
        held("2", &a),
        complete("registry", REGISTRY, "2026-05-04T06:00:00Z"),
    ];
    vec![
        case(
            "the tag in another case",
            vec![
                pushed(7, &format!("{REGISTRY}/a/b:RC"), None),
                held("rc", &a),
                read(),
            ],
            (&tag("RC"), "same-as"),
            &[(Reason::Case, key("rc", 'a'))],
            "its tag is `rc`, not `RC`",
        ),
        case(
            "another tag, which is no matter of case",
            vec![
                pushed(7, &format!("{REGISTRY}/a/b:RC1"), None),
                held("rc", &a),
                read(),
            ],
            (&tag("RC1"), "same-as"),
            &[(Reason::TagDiffers, key("rc", 'a'))],
            "its tag is `rc`",
        ),
        case(
            "another digest under the tag",
            vec![pushed(7, &image, Some(a.clone())), held("1", &b), read()],
            (&tag(&format!("1@{a}")), "same-as"),
            &[(Reason::DigestDiffers, key("1", 'b'))],
            "not sha256:aaaa",
        ),
        case(
            "the cluster reports another digest",
            vec![pod(&image, reported(&b)), held("1", &a), read()],
            (CONTAINER, "runs-reported"),
            &[(Reason::DigestDiffers, key("1", 'a'))],
            "not sha256:bbbb",
        ),
        case(
            "a name without a registry",
            vec![pod("b:1", None), held_at(REGISTRY, "b", "1", &a), read()],
            (CONTAINER, "runs-by-name"),
            &[
                (Reason::HostRelative, format!("{REGISTRY}/b:1@{a}")),
                (Reason::NotRead, String::new()),
            ],
            "name the image in full: r.example.com/b",
        ),
        case(
            "a registry of the node's own",
            vec![pod("localhost:5000/a/b:1", None), held("1", &a), read()],
            (CONTAINER, "runs-by-name"),
            &[(Reason::HostRelative, key("1", 'a'))],
            "name the image in full: r.example.com/a/b",
        ),
        case(
            "another registry's name, which others know",
            vec![pod(&image, None), mirrored("a/b"), read()],
            (CONTAINER, "runs-by-name"),
            &[(Reason::AliasNotConfigured, mirror("a/b"))],
            "[aliases] \"r.example.com\" = \"m.example.com\"",
        ),
        case(
            "the same digest under another path",
            vec![
                pushed(7, &image, Some(a.clone())),
                mirrored("copies/a/b"),
                read(),
            ],
            (&tag(&format!("1@{a}")), "same-as"),
            &[(Reason::AliasNotConfigured, mirror("copies/a/b"))],
            "[aliases] \"r.example.com\" = \"m.example.com/copies\"",
        ),
        case(
            "another path with another digest",
            vec![pod(&image, reported(&b)), mirrored("copies/a/b"), read()],
            (CONTAINER, "runs-reported"),
            &[],
            "",
        ),
        case(
            "other tags, the most similar first, and no other repository's",
            vec![
                pod(&image, None),
                held("2", &a),
                held("1.0", &b),
                held_at(REGISTRY, "a/c", "1", &a),
                read(),
            ],
            (CONTAINER, "runs-by-name"),
            &[
                (Reason::TagDiffers, key("1.0", 'b')),
                (Reason::TagDiffers, key("2", 'a')),
            ],
            "its tag is",
        ),
        case(
            "another tag that is gone",
            [gone.clone(), vec![pod(&format!("{REGISTRY}/a/b:3"), None)]].concat(),
            (CONTAINER, "runs-by-name"),
            &[
                (Reason::TagDiffers, key("1", 'a')),
                (Reason::TagDiffers, key("2", 'a')),
            ],
            "it was there until 2026-05-04T06:00:00Z",
        ),
        case(
            "an image that is gone, for what must be there",
            [gone, vec![pod(&format!("{REGISTRY}/a/b:3"), None)]].concat(),
            (&format!("ACRImage:{}", key("1", 'a')), "unbuilt"),
            &[
                (Reason::Gone, key("1", 'a')),
                (Reason::NotRead, String::new()),
            ],
            "was there until",
        ),
        case(
            "a registry that was never read",
            vec![pod(&image, None)],
            (CONTAINER, "runs-by-name"),
            &[(Reason::NotRead, String::new())],
            "nothing of r.example.com was ever read",
        ),
        case(
            "a registry whose name only begins like it",
            vec![
                pod(&image, None),
                complete("registry", "r.example.com.au", "2026-05-04T04:00:00Z"),
            ],
            (CONTAINER, "runs-by-name"),
            &[(Reason::NotRead, String::new())],
            "nothing of r.example.com was ever read",
        ),
        case(
            "a registry that was read before",
            vec![
                pod(&image, None),
                complete("registry", REGISTRY, "2026-05-04T02:59:59Z"),
            ],
            (CONTAINER, "runs-by-name"),
            &[(Reason::SourceIncomplete, String::new())],
            "ended at 2026-05-04T02:59:59Z (registry), before 2026-05-04T03:00:00Z",
        ),
        case(
            "a registry of which another repository was read",
            vec![
                pod(&image, None),
                complete("registry", "r.example.com/a", "2026-05-04T04:00:00Z"),
            ],
            (CONTAINER, "runs-by-name"),
            &[(Reason::SourceIncomplete, String::new())],
            "of r.example.com only parts",
        ),
        case(
            "a registry of which this repository was read",
            vec![
                pod(&image, None),
                complete("registry", "r.example.com/a/b", "2026-05-04T04:00:00Z"),
            ],
            (CONTAINER, "runs-by-name"),
            &[],
            "",
        ),
        case(
            "a GitLab that was never read",
            vec![
                held("1", &a),
                pipeline(7, "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed"),
            ],
            (&format!("ACRImage:{}", key("1", 'a')), "resulted-in"),
            &[(Reason::NotRead, String::new())],
            "(gitlab)",
        ),
    ]
}

#[tokio::test]
async fn each_reason_and_what_is_taken_for_it() {
    on_both(|store| async move {
        for case in cases() {
            wipe(&*store).await;
            with(&*store, &case.facts).await;
            let answer = at(&*store, &case.target, case.rule).await;
            assert_ne!(answer.state, State::Present, "{}", case.name);
            assert_eq!(
                reasons(&answer.candidates),
                case.wanted,
                "{}: {answer:#?}",
                case.name
            );
            let said = answer.candidates.iter().any(|candidate| {
                let suggested = candidate.suggestion.as_deref().unwrap_or_default();
                candidate.detail.contains(case.says) || suggested.contains(case.says)
            });
            assert!(said || case.says.is_empty(), "{}: {answer:#?}", case.name);
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_there_needs_no_candidates() {
    on_both(|store: Arc<_>| async move {
        let a = digest('a');
        let image = format!("{REGISTRY}/a/b:1");
        let reported = Some(format!("{REGISTRY}/a/b@{a}"));
        with(
            &*store,
            &[
                pod(&image, reported),
                held("1", &a),
                held("2", &digest('b')),
            ],
        )
        .await;
        let drawn = at(&*store, CONTAINER, "runs-reported").await;
        assert_eq!((drawn.state, drawn.candidates.len()), (State::Present, 0));
        let other = at(&*store, CONTAINER, "runs-by-name").await;
        assert_eq!((other.state, other.candidates.len()), (State::ByAnother, 0));
    })
    .await;
}
