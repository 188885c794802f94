//! What is read, and what of it is asked for again.

use polar_gitlab::{GitLabOptions, What};
use polar_source::{Secret, SourceError};
use polar_testkit::{Answer, FakeServer};
use serde_json::{Value, json};

use crate::{
    objects::{World, world},
    world::{MARK, answer, observe, options, serve},
};

const EXPECTED: &str = include_str!("expected.jsonl");

#[tokio::test]
async fn a_whole_instance() {
    let server = serve(world()).await;
    let read = observe(options(&server.url, What::Everything)).await;
    assert_eq!(read.problems, [""; 0]);
    assert!(read.outcome.unwrap().complete);
    let lines: Vec<String> = read.facts.iter().map(Value::to_string).collect();
    let wanted: Vec<&str> = EXPECTED.lines().collect();
    for (line, wanted) in lines.iter().zip(&wanted) {
        let wanted: Value = serde_json::from_str(wanted).unwrap();
        assert_eq!(*line, wanted.to_string());
    }
    assert_eq!(lines.len(), wanted.len());
    for asked in server.asked() {
        let is_list = !asked.param("per_page").is_empty();
        assert!(!is_list || asked.param("per_page") == "100", "{asked:?}");
        assert_eq!(asked.param("updated_after"), "");
        assert_eq!(asked.method, "GET");
    }
}

#[tokio::test]
async fn a_second_reading_goes_on_at_the_mark() {
    let mut world = world();
    let mut newer = world["projects/9/pipelines"][2].clone();
    newer["updated_at"] = json!("2026-10-06T09:58:00.000Z");
    world.get_mut("projects/9/pipelines").unwrap()[2] = newer;
    let server = serve(world).await;
    let first = observe(options(&server.url, What::Everything)).await;
    let complete = first.of_type("source_complete");
    let marks = complete.into_iter().filter(|fact| fact["mark"].is_string());
    let scope = |fact: &Value| {
        fact["scope"]
            .as_str()
            .unwrap()
            .replace("HOST", &server.host)
    };
    let marks = marks.map(|fact| (scope(fact), fact["mark"].as_str().unwrap().to_owned()));
    let mut options = options(&server.url, What::Everything);
    options.marks = marks.collect();
    assert_eq!(options.marks.len(), 3);
    assert!(options.marks.values().all(|mark| mark == MARK));
    server.reset();
    let second = observe(options.clone()).await;
    assert!(second.outcome.as_ref().unwrap().complete);
    let mut lists = 0;
    for asked in server.asked() {
        let parts: Vec<_> = asked.path.split('/').skip(5).collect();
        match parts.as_slice() {
            ["pipelines" | "merge_requests"] => {
                assert_eq!(asked.param("updated_after"), MARK);
                lists += 1;
            }
            ["merge_requests", ..] => panic!("asked again: {asked:?}"),
            ["pipelines", id, ..] => assert_eq!(*id, "481000"),
            _ => {}
        }
    }
    // Merge requests, pipelines and child pipelines of two projects, and refusals of a third.
    assert_eq!(lists, 8);
    assert_eq!(second.of_type("gitlab_pipeline").len(), 1);
    // A mark that is none means a reading from the beginning.
    options
        .marks
        .values_mut()
        .for_each(|mark| *mark = "then".to_owned());
    let third = observe(options).await;
    assert_eq!(third.facts, first.facts);
}

#[tokio::test]
async fn groups_and_projects() {
    let mut world = world();
    let projects = world.remove("projects").unwrap();
    let all = projects.as_array().unwrap();
    world.insert("groups/all%2Fof%20us/projects".to_owned(), projects.clone());
    world.insert("groups/shop/projects".to_owned(), json!([all[0]]));
    world.insert("projects/platform%2Fbase".to_owned(), all[1].clone());
    let server = serve(world).await;
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let groups = What::Groups(names(&["shop", "gone", "all/of us"]));
    let read = observe(options(&server.url, groups)).await;
    let wanted = ["shop/checkout", "platform/base", "docs/site"];
    assert_eq!(read.complete("gitlab"), wanted);
    let [problem] = read.problems.try_into().unwrap();
    assert!(problem.starts_with("HOST/gone: "), "{problem}");
    assert!(problem.contains("404: not there"), "{problem}");
    let projects = What::Projects(names(&["platform/base", "shop/gone", "platform/base"]));
    let read = observe(options(&server.url, projects)).await;
    assert_eq!(read.complete("gitlab"), ["platform/base"]);
    assert_eq!(read.problems.len(), 1);
}

#[tokio::test]
async fn without_tags_and_artifacts() {
    let server = serve(world()).await;
    let read = observe(GitLabOptions {
        artifact_files: Vec::new(),
        registry_tags: false,
        ..options(&server.url, What::Everything)
    });
    let read = read.await;
    assert!(read.outcome.as_ref().unwrap().complete);
    assert_eq!(read.of_type("container_repository").len(), 2);
    assert_eq!(read.of_type("registry_image").len(), 0);
    assert_eq!(read.of_type("pipeline_image").len(), 0);
    assert_eq!(read.complete("registry"), [""; 0]);
}

/// Reads the world with a change, and checks the problems (each a part of one) and the scopes that
/// are complete all the same.
async fn check(change: impl FnOnce(&mut World), problems: &[&str], complete: &[&str]) {
    let mut world = world();
    change(&mut world);
    let server = serve(world).await;
    let read = observe(options(&server.url, What::Everything)).await;
    assert_eq!(read.problems.len(), problems.len(), "{:?}", read.problems);
    for (problem, wanted) in read.problems.iter().zip(problems) {
        assert!(problem.contains(wanted), "{problem} / {wanted}");
    }
    let scopes = [read.complete("gitlab"), read.complete("registry")].concat();
    assert_eq!(scopes, complete);
}

const REGISTRY: &str = "registry.example.com:5050/shop/checkout";
const TOOLS: &str = "registry.example.com:5050/shop/checkout/tools";
const OTHERS: [&str; 2] = ["platform/base", "docs/site"];

#[tokio::test]
async fn a_bad_element_leaves_the_others() {
    let others = [&OTHERS[..], &[REGISTRY, TOOLS]].concat();
    for (list, problem) in [
        ("merge_requests", "merge requests: an element (id 90411)"),
        (
            "merge_requests/412/commits",
            "commits of merge request 412: an element",
        ),
        (
            "merge_requests/412/versions",
            "versions of merge request 412: an element",
        ),
        ("pipelines", "pipelines: an element"),
        (
            "pipelines/481516/jobs",
            "jobs of pipeline 481516: an element",
        ),
        ("releases", "releases: an element"),
        ("packages", "packages: an element"),
        ("registry/repositories", "container registry: an element"),
    ] {
        let change = |world: &mut World| {
            let list = world.get_mut(&format!("projects/9/{list}")).unwrap();
            let list = list.as_array_mut().unwrap();
            list.push(json!({"id": 90411}));
            list.push(json!(null));
        };
        let null = problem.split(": an").next().unwrap();
        check(change, &[problem, null], &others).await;
    }
    let change = |world: &mut World| {
        world
            .get_mut("projects")
            .unwrap()
            .as_array_mut()
            .unwrap()
            .insert(1, json!({"id": 10}));
    };
    let all = [
        "shop/checkout",
        "platform/base",
        "docs/site",
        REGISTRY,
        TOOLS,
    ];
    check(change, &["HOST: projects: an element (id 10)"], &all).await;
}

#[tokio::test]
async fn a_bad_item_leaves_the_others() {
    let others = [&OTHERS[..], &[REGISTRY, TOOLS]].concat();
    for (path, value, problem) in [
        (
            "merge_requests/412/approvals",
            json!({}),
            "merge request 412: http",
        ),
        (
            "merge_requests/412/commits",
            json!({}),
            "commits of merge request 412: http",
        ),
        (
            "merge_requests/412/versions",
            json!(404),
            "merge request 412: http",
        ),
        ("pipelines/481516", json!(403), "pipeline 481516: http"),
        (
            "pipelines/481516/jobs",
            json!(403),
            "jobs of pipeline 481516: http",
        ),
        (
            "jobs/71/artifacts/image.env",
            json!("hunter2"),
            "artifact image.env of job 71: http",
        ),
        (
            "jobs/71/artifacts/build.env",
            json!(403),
            "artifact build.env of job 71: http",
        ),
        ("packages", json!({"error": "x"}), "packages: http"),
        ("releases", json!(500), "releases: http"),
    ] {
        let path = format!("projects/9/{path}");
        check(|world| drop(world.insert(path, value)), &[problem], &others).await;
    }
    let repositories = "projects/9/registry/repositories";
    let no_digest = |world: &mut World| {
        world
            .get_mut(&format!("{repositories}/2/tags/latest"))
            .unwrap()["digest"] = Value::Null;
    };
    let tools = [&OTHERS[..], &[TOOLS]].concat();
    check(
        no_digest,
        &["tag registry.example.com:5050/shop/checkout:latest: "],
        &tools,
    )
    .await;
    let no_tags = |world: &mut World| drop(world.remove(&format!("{repositories}/2/tags")));
    check(
        no_tags,
        &["tags of registry.example.com:5050/shop/checkout: "],
        &tools,
    )
    .await;
    let no_path = |world: &mut World| {
        world.get_mut(repositories).unwrap()[0]["location"] = json!("registry.example.com");
    };
    check(no_path, &["container repository 2: its location"], &tools).await;
}

#[tokio::test]
async fn what_may_not_be_seen_is_not_taken_for_switched_off() {
    let complete = [&["shop/checkout", "platform/base"][..], &[REGISTRY, TOOLS]].concat();
    let seen = |world: &mut World| {
        world.get_mut("projects/15").unwrap()["builds_access_level"] = json!("private");
    };
    check(seen, &["docs/site: pipelines: http"], &complete).await;
    let gone = |world: &mut World| drop(world.remove("projects/15"));
    let problems = [
        "docs/site: merge requests: http",
        "docs/site: pipelines: http",
    ];
    check(gone, &problems, &complete).await;
}

#[tokio::test]
async fn an_instance_that_moved_gets_no_token() {
    let moved = serve(world()).await;
    let to = moved.url.clone();
    let server = FakeServer::start(move |asked| {
        Answer::status(302).header("location", format!("{to}{}", asked.path))
    })
    .await;
    let read = observe(options(&server.url, What::Everything)).await;
    let [problem] = read.problems.try_into().unwrap();
    assert!(
        problem.contains("401; http://HOST redirects there"),
        "{problem}"
    );
    let [asked] = moved.asked().try_into().unwrap();
    assert!(!asked.headers.contains_key("private-token"), "{asked:?}");
}

#[tokio::test]
async fn a_store_of_artifacts_gets_no_token() {
    let store = FakeServer::start(|asked| match asked.path.as_str() {
        "/build.env" => Answer::bytes("x/y", "IMAGE=r.example/app:7"),
        _ => Answer::status(401),
    })
    .await;
    let (world, url) = (world(), store.url.clone());
    let server = FakeServer::start(move |asked| {
        let name = asked.path.rsplit('/').next().unwrap();
        if ["build.env", "artifacts-metadata.json"].contains(&name) {
            let to = format!("{url}/{name}?signature=hunter2");
            return Answer::status(302).header("location", to);
        }
        answer(&world, asked)
    })
    .await;
    let read = observe(options(&server.url, What::Everything)).await;
    let images = read.of_type("pipeline_image");
    assert!(images.iter().any(|fact| fact["image"] == "r.example/app:7"));
    let [problem] = &read.problems[..] else {
        panic!("{:?}", read.problems)
    };
    assert!(
        problem.contains("artifact artifacts-metadata.json of job 71: "),
        "{problem}"
    );
    assert!(
        problem.contains("401; http://HOST redirects there"),
        "{problem}"
    );
    assert_eq!(read.complete("gitlab"), OTHERS);
    let mut asked = store.asked().into_iter();
    assert!(asked.all(|asked| !asked.headers.contains_key("private-token")));
}

#[tokio::test]
async fn an_expired_token_ends_the_reading() {
    let server = serve(world()).await;
    let mut options = options(&server.url, What::Everything);
    options.token = Secret::new("glpat-old-hunter2");
    let read = observe(options).await;
    let error = read.outcome.unwrap_err().to_string();
    assert!(error.contains("401: the credentials"), "{error}");
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn nobody_listens() {
    let read = observe(options("http://127.0.0.1:1", What::Everything)).await;
    assert!(matches!(read.outcome, Err(SourceError::Unreachable { .. })));
    assert_eq!(read.problems, [""; 0]);
}

#[tokio::test]
async fn commits_that_are_not_all_known_are_not_named() {
    let mut world = world();
    let list = world
        .get_mut("projects/9/merge_requests/412/commits")
        .unwrap();
    list.as_array_mut().unwrap().push(json!({"id": 7}));
    let server = serve(world).await;
    let read = observe(options(&server.url, What::Everything)).await;
    let requests = read.of_type("merge_request");
    let request = requests
        .iter()
        .find(|request| request["iid"] == 412)
        .unwrap();
    assert_eq!(request["commits"], json!([]));
    assert_eq!(
        request["merge_commit"],
        "8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed"
    );
}
