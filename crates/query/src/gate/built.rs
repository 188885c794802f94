//! Who built the image.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore, Row};
use polar_model::Value;

use super::{Outcome, State, image::Image, pattern::any_fits, policy::BuiltBy};

/// A pipeline that an image came from.
struct Build {
    /// `instance/project/id`.
    run: String,
    ref_name: Option<String>,
}

impl Build {
    /// `instance/project`.
    fn project(&self) -> &str {
        self.run.rsplit_once('/').map_or("", |(project, _)| project)
    }
}

/// The pipelines with the best evidence, and how good that is; several only if they are equally good.
async fn best(store: &dyn GraphStore, image: &Image) -> Result<(Vec<Build>, f64), GraphError> {
    let rows = store
        .read(cypher!("runs-of-image").with("key", image.key.as_str()))
        .await?;
    let confidence = |row: &Row| match row.get("confidence") {
        Value::Float(confidence) => *confidence,
        Value::Int(1) => 1.0,
        _ => 0.0,
    };
    let best = rows.iter().map(confidence).fold(0.0, f64::max);
    let mut builds: Vec<Build> = Vec::new();
    for row in rows.iter().filter(|row| confidence(row) >= best) {
        let run = row.text("key");
        if !builds.iter().any(|build| build.run == run) {
            builds.push(Build {
                run: run.to_owned(),
                ref_name: row.get("ref").as_str().map(str::to_owned),
            });
        }
    }
    Ok((builds, best))
}

/// What readings would tell of the image's builds: an instance, `instance/project`.
pub(super) async fn scopes(
    store: &dyn GraphStore,
    image: &Image,
) -> Result<BTreeSet<String>, GraphError> {
    let (builds, _) = best(store, image).await?;
    let scopes = builds.iter().flat_map(|build| {
        let project = build.project();
        let instance = project.split('/').next().unwrap_or(project);
        [project.to_owned(), instance.to_owned()]
    });
    Ok(scopes.collect())
}

/// Whether the best evidence is good enough, and each pipeline it leads to is one that is allowed.
pub(super) async fn built_by(
    store: &dyn GraphStore,
    image: &Image,
    asked: &BuiltBy,
) -> Result<Outcome, GraphError> {
    let (builds, confidence) = best(store, image).await?;
    if builds.is_empty() {
        let detail = "it is not known which pipeline built it".to_owned();
        return Ok((State::Unknown, detail));
    }
    let named: Vec<_> = builds.iter().map(|build| build.run.as_str()).collect();
    if confidence < asked.min_confidence {
        let detail = format!(
            "the best evidence of a build, of {}, is of {confidence}; {} is required",
            named.join(" and "),
            asked.min_confidence
        );
        return Ok((State::Unknown, detail));
    }
    let mut worst = State::Met;
    let mut details = Vec::new();
    for build in &builds {
        let (state, detail) = of_build(store, image, asked, build).await?;
        worst = worst.max(state);
        details.push((state, detail));
    }
    let details = details.into_iter().filter(|(state, _)| *state == worst);
    let details: Vec<_> = details.map(|(_, detail)| detail).collect();
    Ok((worst, details.join("; ")))
}

async fn of_build(
    store: &dyn GraphStore,
    image: &Image,
    asked: &BuiltBy,
    build: &Build,
) -> Result<Outcome, GraphError> {
    let run = &build.run;
    let refused = |what: &str, name: &str, allowed: &[String]| {
        let allowed = allowed.join(", ");
        let detail = format!("pipeline {run}: {what} {name} is none of {allowed}");
        (State::NotMet, detail)
    };
    let mut told = vec![format!("pipeline {run}")];
    if let Some(projects) = &asked.projects
        && !any_fits(projects, build.project())
    {
        return Ok(refused("project", build.project(), projects));
    }
    if let Some(refs) = &asked.refs {
        match &build.ref_name {
            Some(name) if any_fits(refs, name) => told.push(format!("on {name}")),
            Some(name) => return Ok(refused("ref", name, refs)),
            None => return Ok(unknown(run, "the ref it ran on")),
        }
    }
    if let Some(allowed) = &asked.runners {
        let runners = runners(store, image, run).await?;
        if runners.is_empty() || runners.contains("") {
            return Ok(unknown(run, "the runner of the job that pushed the image"));
        }
        if let Some(other) = runners.iter().find(|runner| !any_fits(allowed, runner)) {
            return Ok(refused("runner", other, allowed));
        }
        let runners: Vec<_> = runners.into_iter().collect();
        told.push(format!("by {}", runners.join(", ")));
    }
    Ok((State::Met, told.join(" ")))
}

fn unknown(run: &str, what: &str) -> Outcome {
    let detail = format!("pipeline {run}: {what} is not known");
    (State::Unknown, detail)
}

/// Runners of the jobs of a pipeline that pushed the image, or that its attestations name; empty text
/// for one that is not known.
async fn runners(
    store: &dyn GraphStore,
    image: &Image,
    run: &str,
) -> Result<BTreeSet<String>, GraphError> {
    let key = image.key.as_str();
    let mut runners = BTreeSet::new();
    for statement in [cypher!("jobs-of-run"), cypher!("gate-attested-jobs")] {
        let statement = statement.with("run", run).with("image", key);
        let rows = store.read(statement).await?;
        runners.extend(rows.iter().map(|row| row.text("runner").to_owned()));
    }
    Ok(runners)
}
