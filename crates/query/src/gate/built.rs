//! Who built the image.

use std::collections::BTreeSet;

use polar_graph::{GraphError, GraphStore};

use super::{Outcome, State, image::Image, pattern::any_fits, policy::BuiltBy};
use crate::{
    Build,
    derivation::best,
    trace::{Moment, builds},
};

/// `instance/project`.
fn project(build: &Build) -> &str {
    let project = build.pipeline.rsplit_once('/');
    project.map_or("", |(project, _)| project)
}

/// The pipelines with the best evidence, and how good that is; several only if they are equally good.
async fn likeliest(store: &dyn GraphStore, image: &Image) -> Result<(Vec<Build>, f64), GraphError> {
    let mut builds = builds(store, &image.key, Moment(None)).await?;
    let most = builds.first().map_or(0.0, |build| best(&build.because));
    builds.retain(|build| best(&build.because) >= most);
    Ok((builds, most))
}

/// What readings would tell of the image's builds: an instance, `instance/project`.
pub(super) async fn scopes(
    store: &dyn GraphStore,
    image: &Image,
) -> Result<BTreeSet<String>, GraphError> {
    let (builds, _) = likeliest(store, image).await?;
    let scopes = builds.iter().flat_map(|build| {
        let project = project(build);
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
    let (builds, confidence) = likeliest(store, image).await?;
    if builds.is_empty() {
        let detail = "it is not known which pipeline built it".to_owned();
        return Ok((State::Unknown, detail));
    }
    let named: Vec<_> = builds.iter().map(|build| build.pipeline.as_str()).collect();
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
        let (state, detail) = of_build(asked, build);
        worst = worst.max(state);
        details.push((state, detail));
    }
    let details = details.into_iter().filter(|(state, _)| *state == worst);
    let details: Vec<_> = details.map(|(_, detail)| detail).collect();
    Ok((worst, details.join("; ")))
}

fn of_build(asked: &BuiltBy, build: &Build) -> Outcome {
    let run = &build.pipeline;
    let project = project(build);
    let refused = |what: &str, name: &str, allowed: &[String]| {
        let allowed = allowed.join(", ");
        let detail = format!("pipeline {run}: {what} {name} is none of {allowed}");
        (State::NotMet, detail)
    };
    let mut told = vec![format!("pipeline {run}")];
    if let Some(projects) = &asked.projects
        && !any_fits(projects, project)
    {
        return refused("project", project, projects);
    }
    if let Some(refs) = &asked.refs {
        match &build.ref_name {
            Some(name) if any_fits(refs, name) => told.push(format!("on {name}")),
            Some(name) => return refused("ref", name, refs),
            None => return unknown(run, "the ref it ran on"),
        }
    }
    if let Some(allowed) = &asked.runners {
        let runners = build.jobs.iter().map(|job| job.runner.as_deref());
        let runners: BTreeSet<_> = runners.map(Option::unwrap_or_default).collect();
        if runners.is_empty() || runners.contains("") {
            return unknown(run, "the runner of the job that pushed the image");
        }
        if let Some(other) = runners.iter().find(|runner| !any_fits(allowed, runner)) {
            return refused("runner", other, allowed);
        }
        let runners: Vec<_> = runners.into_iter().collect();
        told.push(format!("by {}", runners.join(", ")));
    }
    (State::Met, told.join(" "))
}

fn unknown(run: &str, what: &str) -> Outcome {
    let detail = format!("pipeline {run}: {what} is not known");
    (State::Unknown, detail)
}
