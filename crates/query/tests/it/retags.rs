//! What tags pointed to.

use std::sync::Arc;

use polar_graph::GraphStore;
use polar_normalize::Options;
use polar_query::{Answer, ImageTarget, Retags, retags};
use polar_testkit::on_both;

use crate::world::{REGISTRY, at, digest, held, pod, take};

async fn ask(store: &dyn GraphStore, target: Option<&str>, then: Option<&str>) -> Retags {
    let target = target.map(|text| ImageTarget::read(text, &Options::default()).unwrap());
    let then = then.map(|time| at(time).parse().unwrap());
    retags(store, target.as_ref(), then).await.unwrap()
}

/// Letters of the digests that each tag pointed to, and the pods that run an old one.
fn told(answer: &Retags) -> Vec<String> {
    let tags = answer.tags.iter().map(|tag| {
        let letters = tag.intervals.iter().map(|one| &one.digest[7..8]);
        let letters: String = letters.collect();
        let pods = tag
            .old
            .iter()
            .map(|old| format!(" {}:{}", old.instance.pod, &old.old_digest[7..8]));
        let name = tag.tag.rsplit('/').next().unwrap();
        format!("{name} {letters}{}", pods.collect::<String>())
    });
    tags.collect()
}

#[tokio::test]
async fn moves_and_who_still_runs_the_old() {
    on_both(async |store: Arc<dyn GraphStore>| {
        let store = store.as_ref();
        let [a, b, c] = ['a', 'b', 'c'].map(digest);
        let image = |tag: &str| format!("{REGISTRY}/a/b:{tag}");
        let id = |digest: &str| format!("{REGISTRY}/a/b@{digest}");
        let facts = [
            held("1", &a, "01:00"),
            held("1", &b, "02:00"),
            held("1", &c, "03:00"),
            held("2", &a, "01:00"),
            // It went back: what it pointed to in between is old, what it points to is not.
            held("3", &a, "01:00"),
            held("3", &b, "02:00"),
            held("3", &a, "03:00"),
            pod("app", "first", &image("1"), &id(&a), "01:30"),
            pod("app", "second", &image("1"), &id(&b), "02:30"),
            pod("app", "third", &image("1"), &id(&c), "03:30"),
            // The same bytes, by another tag.
            pod("app", "other", &image("2"), &id(&a), "01:30"),
            pod("app", "back", &image("3"), &id(&a), "01:30"),
            pod("app", "between", &image("3"), &id(&b), "02:30"),
        ];
        take(store, &facts).await;
        let all = ask(store, None, None).await;
        let moved = ["b:1 abc first:a second:b", "b:3 aba between:b"];
        assert_eq!(told(&all), moved);
        assert!(all.any_moved());
        let of_repository = ask(store, Some("r.example.com/a/b"), None).await;
        assert_eq!(told(&of_repository), [moved[0], "b:2 a", moved[1]]);
        let one = ask(store, Some("r.example.com/a/b:2"), None).await;
        assert_eq!(
            (told(&one), one.tags[0].moved),
            (vec!["b:2 a".to_owned()], Answer::No)
        );
        let by_digest = ask(store, Some(&id(&c)), None).await;
        assert_eq!(told(&by_digest), moved[..1]);

        let then = ask(store, None, Some("02:45")).await;
        assert_eq!(told(&then), ["b:1 ab first:a", "b:3 ab back:a"]);
        assert_eq!(then.tags[0].now, Some(b.clone()));
        assert_eq!(then.tags[0].intervals[1].until, None);
        assert!(ask(store, None, Some("01:15")).await.tags.is_empty());
        let before = ask(store, Some("r.example.com/a/b:1"), Some("00:30")).await;
        assert_eq!(before.tags[0].moved, Answer::Unknown);
    })
    .await;
}
