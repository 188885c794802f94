//! A GitLab that answers from objects, and what a reading of it gives.

use std::{collections::BTreeMap, time::Duration};

use polar_gitlab::{ARTIFACT_FILES, GitLab, GitLabOptions, What};
use polar_source::{HttpOptions, Outcome, Secret, Seen, Sink, SourceError};
use polar_testkit::{Answer, Asked, FakeServer};
use serde_json::{Value, json};

use crate::objects::World;

pub(crate) const TOKEN: &str = "glpat-hunter2";
const DATE: &str = "Tue, 06 Oct 2026 10:00:00 GMT";
/// Five minutes before [`DATE`].
pub(crate) const MARK: &str = "2026-10-06T09:55:00Z";

/// The scopes of the projects, by what their addresses begin with.
pub(crate) const PROJECTS: [(&str, &str); 3] = [
    ("/api/v4/projects/9/", "shop/checkout"),
    ("/api/v4/projects/12/", "platform/base"),
    ("/api/v4/projects/15", "docs/site"),
];

pub(crate) fn options(url: &str, what: What) -> GitLabOptions {
    GitLabOptions {
        endpoint: url.parse().unwrap(),
        token: Secret::new(TOKEN),
        http: HttpOptions {
            timeout: Duration::from_millis(1_500),
            attempts: 3,
            first_wait: Duration::from_millis(1),
            longest_wait: Duration::from_millis(20),
            ..HttpOptions::default()
        },
        what,
        marks: BTreeMap::new(),
        artifact_files: ARTIFACT_FILES.iter().map(|&file| file.to_owned()).collect(),
        registry_tags: true,
    }
}

/// What came of a reading.
pub(crate) struct Read {
    pub(crate) outcome: Result<Outcome, SourceError>,
    /// Observations without what is absent and without the times of this run.
    pub(crate) facts: Vec<Value>,
    pub(crate) problems: Vec<String>,
}

impl Read {
    /// The scopes of a kind that were read completely; the instance is an empty text.
    pub(crate) fn complete(&self, kind: &str) -> Vec<&str> {
        let complete = self
            .facts
            .iter()
            .filter(|fact| fact["type"] == "source_complete");
        let complete = complete.filter(|fact| fact["kind"] == kind);
        let scopes = complete.map(|fact| fact["scope"].as_str().unwrap());
        let scopes = scopes.map(|scope| scope.trim_start_matches("HOST").trim_start_matches('/'));
        scopes.collect()
    }

    pub(crate) fn of_type(&self, name: &str) -> Vec<&Value> {
        let facts = self.facts.iter().filter(|fact| fact["type"] == name);
        facts.collect()
    }
}

/// Reads, and checks that the token is nowhere.
pub(crate) async fn observe(options: GitLabOptions) -> Read {
    let host = options.endpoint.authority().to_owned();
    let (sink, mut receiver) = Sink::channel();
    let reading = tokio::spawn(async move { GitLab::new(options).unwrap().observe(&sink).await });
    let (mut facts, mut problems) = (Vec::new(), Vec::new());
    while let Some(seen) = receiver.recv().await {
        assert!(!format!("{seen:?}").contains("hunter2"), "{seen:?}");
        match seen {
            Seen::Observation(observation) => {
                let text = serde_json::to_string(&observation)
                    .unwrap()
                    .replace(&host, "HOST");
                let mut fact: Value = serde_json::from_str(&text).unwrap();
                let fields = fact.as_object_mut().unwrap();
                let of_this_run = ["started_at", "complete_at", "seen_at"];
                let is_kept = |name: &str| name == "started_at" && !text.contains("source_");
                fields.retain(|name, value| {
                    !value.is_null() && (is_kept(name) || !of_this_run.contains(&name.as_str()))
                });
                facts.push(fact);
            }
            Seen::Problem(problem) => problems.push(problem.to_string().replace(&host, "HOST")),
        }
    }
    let outcome = reading.await.unwrap();
    assert!(!format!("{outcome:?}").contains("hunter2"), "{outcome:?}");
    if let Ok(Outcome {
        complete,
        problems: count,
    }) = outcome
    {
        assert_eq!(count, problems.len() as u64);
        assert_eq!(complete, count == 0);
    }
    Read {
        outcome,
        facts,
        problems,
    }
}

pub(crate) async fn serve(world: World) -> FakeServer {
    FakeServer::start(move |asked| answer(&world, asked)).await
}

/// Answers as GitLab does; a page has two elements.
pub(crate) fn answer(world: &World, asked: &Asked) -> Answer {
    assert!(!asked.query.values().any(|value| value.contains("hunter2")));
    if asked.headers.get("private-token").map(String::as_str) != Some(TOKEN) {
        return refusal(401, "401 Unauthorized");
    }
    let path = asked.path.strip_prefix("/api/v4/").unwrap_or_default();
    let children = match asked.param("source") {
        "" => String::new(),
        source => format!("?source={source}"),
    };
    let answer = match world.get(&format!("{path}{children}")) {
        Some(Value::Number(status)) => refusal(status.as_u64().unwrap() as u16, "refused"),
        Some(Value::Array(elements)) => page(elements, asked),
        Some(Value::String(file)) => Answer::bytes("text/plain", file.as_str()),
        Some(value) => Answer::json(value),
        None => refusal(404, "404 Not found"),
    };
    answer.header("date", DATE)
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer {
        status,
        ..Answer::json(&json!({"message": message}))
    }
}

fn page(elements: &[Value], asked: &Asked) -> Answer {
    let since = asked.param("updated_after");
    let is_new = |element: &&Value| {
        since.is_empty() || element["updated_at"].as_str().is_none_or(|at| at > since)
    };
    let elements: Vec<_> = elements.iter().filter(is_new).collect();
    let keyset = asked.param("pagination") == "keyset";
    let number: usize = asked.param("page").parse().unwrap_or(1);
    let after: i64 = asked.param("id_after").parse().unwrap_or(0);
    let from = if keyset {
        let is_after = |element: &&Value| element["id"].as_i64() > Some(after);
        elements.iter().position(is_after).unwrap_or(elements.len())
    } else {
        (number - 1) * 2
    };
    let shown = &elements[from.min(elements.len())..(from + 2).min(elements.len())];
    let answer = Answer::json(&json!(shown));
    if from + 2 >= elements.len() {
        return answer;
    }
    // GitLab writes links with its own address, whatever it is reached by.
    let (host, next) = if keyset {
        let last = shown[1]["id"].as_i64().unwrap();
        (
            asked.headers["host"].as_str(),
            ("id_after", last.to_string()),
        )
    } else {
        ("gitlab.internal", ("page", (number + 1).to_string()))
    };
    let query = asked.query.iter().filter(|(name, _)| *name != next.0);
    let query = query.map(|(name, value)| format!("{name}={value}&"));
    let query = query.collect::<String>() + next.0 + "=" + &next.1;
    let first = format!("<http://{host}{}?page=1>; rel=\"first\"", asked.path);
    let next = format!("<http://{host}{}?{query}>; rel=\"next\"", asked.path);
    answer.header("link", format!("{next}, {first}"))
}
