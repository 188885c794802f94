//! The container registry of a project: repositories, tags, and which jobs ran when a tag was
//! pushed.
//!
//! The time of a tag is what GitLab says it is: on a registry without a metadata database, the time
//! at which the image was made, which is not pushed later than the job that made it ends.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use polar_model::{Basis, ContainerRepository, Observation, PipelineImage, RegistryImage};
use polar_normalize::Options;
use polar_source::{SourceError, Url};

use crate::{
    project::{ProjectReading, Window},
    wire::{Repository, Tag, TagName},
};

/// How long after a job's end a tag can be dated that it pushed: the clocks of GitLab and of its
/// registry may differ.
const LATE: SignedDuration = SignedDuration::from_secs(5);

impl ProjectReading<'_, '_> {
    pub(crate) async fn repositories(&mut self) -> Result<(), SourceError> {
        let what = "container registry";
        let query = [("tags", "false")];
        let pages = self.pages(what, &["registry", "repositories"], &query);
        let mut pages = pages.optional();
        while let Some(page) = self.run.page::<Repository>(&mut pages).await? {
            for repository in page {
                let Repository { id, location } = repository;
                let what = format!("container repository {location}");
                let done = self.repository(id, &location).await;
                self.settle(&what, done).await?;
            }
        }
        Ok(())
    }

    async fn repository(&mut self, id: i64, location: &str) -> Result<(), SourceError> {
        let Some((registry, repository)) = location.split_once('/') else {
            let place = format!("{}: container repository {id}", self.scope);
            let reason = format!("its location `{location}` is no host and path");
            return self.run.problem(&place, reason).await;
        };
        let observation = Observation::ContainerRepository(ContainerRepository {
            instance: self.run.instance.clone(),
            project: self.path.clone(),
            registry: registry.to_owned(),
            repository: repository.to_owned(),
        });
        self.run.observe(observation).await?;
        if !self.run.options.registry_tags {
            return Ok(());
        }
        let reading = self.run.start("registry", location).await?;
        let done = self.tags(id, registry, repository).await;
        self.settle(&format!("tags of {location}"), done).await?;
        self.run.complete(reading, None).await
    }

    async fn tags(&mut self, id: i64, registry: &str, repository: &str) -> Result<(), SourceError> {
        let id = id.to_string();
        let path = ["registry", "repositories", &id, "tags"];
        let what = format!("tags of {registry}/{repository}");
        let mut pages = self.pages(&what, &path, &[]);
        while let Some(page) = self.run.page::<TagName>(&mut pages).await? {
            for TagName { name } in page {
                let what = format!("tag {registry}/{repository}:{name}");
                let url = self.url(&[&path[..], &[name.as_str()]].concat(), &[]);
                let done = match self.asked_tag(url).await {
                    Ok(Some((digest, pushed_at))) => {
                        let image = RegistryImage {
                            registry: registry.to_owned(),
                            repository: repository.to_owned(),
                            tag: name,
                            digest,
                            pushed_at,
                            seen_at: Some(Timestamp::now()),
                        };
                        self.tag(image).await
                    }
                    Ok(None) => Ok(()),
                    Err(error) => Err(error),
                };
                self.settle(&what, done).await?;
            }
        }
        Ok(())
    }

    /// Digest and time of a tag; `None` if it was removed since it was listed.
    async fn asked_tag(
        &mut self,
        url: Url,
    ) -> Result<Option<(String, Option<Timestamp>)>, SourceError> {
        let reply = match self.run.get(url).await {
            Err(error) if error.is_absent() => return Ok(None),
            reply => reply?,
        };
        let Tag { digest, created_at } = reply.json()?;
        let digest = digest.ok_or_else(|| reply.unreadable("it has no digest"))?;
        Ok(Some((digest, created_at)))
    }

    async fn tag(&mut self, tag: RegistryImage) -> Result<(), SourceError> {
        let image = format!("{}/{}:{}", tag.registry, tag.repository, tag.tag);
        let (digest, pushed_at) = (tag.digest.clone(), tag.pushed_at);
        self.run.observe(Observation::RegistryImage(tag)).await?;
        let Some(pushed_at) = pushed_at else {
            return Ok(());
        };
        if self.reported.contains(&(name(&image), digest.clone())) {
            return Ok(());
        }
        for window in running_at(&self.windows, pushed_at) {
            let observation = Observation::PipelineImage(PipelineImage {
                instance: self.run.instance.clone(),
                project: self.path.clone(),
                pipeline: window.pipeline,
                job: Some(window.job),
                image: image.clone(),
                digest: Some(digest.clone()),
                basis: Basis::TagTime,
                evidence: Some(format!(
                    "pushed at {pushed_at} while job {} ran ({} to {})",
                    window.job, window.started_at, window.finished_at
                )),
            });
            self.run.observe(observation).await?;
        }
        Ok(())
    }
}

/// An image's name to compare by: two ways to write the same are equal.
pub(crate) fn name(image: &str) -> String {
    match polar_normalize::parse(image, &Options::default()) {
        Ok(reference) => match reference.tag() {
            Some(tag) => format!("{}:{tag}", reference.name()),
            None => reference.primary().into_owned(),
        },
        Err(_) => image.to_owned(),
    }
}

/// The jobs that ran at an instant: for each pipeline the one that ran for the shortest time, since
/// it says the most.
fn running_at(windows: &[Window], at: Timestamp) -> impl Iterator<Item = &Window> {
    let mut narrowest: BTreeMap<i64, &Window> = BTreeMap::new();
    let length = |window: &Window| window.finished_at.duration_since(window.started_at);
    for window in windows {
        let end = window.finished_at.checked_add(LATE);
        if window.started_at <= at && end.is_ok_and(|end| at <= end) {
            let known = narrowest.entry(window.pipeline).or_insert(window);
            if length(window) < length(known) {
                *known = window;
            }
        }
    }
    narrowest.into_values()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(pipeline: i64, job: i64, from: i64, to: i64) -> Window {
        let at = |second| Timestamp::from_second(second).unwrap();
        Window {
            pipeline,
            job,
            started_at: at(from),
            finished_at: at(to),
        }
    }

    #[test]
    fn jobs_that_ran_at_an_instant() {
        let windows = [
            window(1, 10, 100, 200),
            window(1, 11, 150, 180),
            window(1, 12, 140, 190),
            window(2, 20, 160, 170),
            window(3, 30, 201, 300),
        ];
        let jobs = |at| {
            let at = Timestamp::from_second(at).unwrap();
            let running = running_at(&windows, at);
            running.map(|window| window.job).collect::<Vec<_>>()
        };
        assert_eq!(jobs(99), [0; 0]);
        assert_eq!(jobs(100), [10]);
        assert_eq!(jobs(165), [11, 20]);
        assert_eq!(jobs(175), [11, 20], "five seconds late");
        assert_eq!(jobs(176), [11]);
        assert_eq!(jobs(205), [10, 30]);
        assert_eq!(jobs(206), [30]);
    }

    #[test]
    fn names_that_are_equal() {
        let wanted = "r.example/shop/app:V1";
        assert_eq!(name("R.example:443/shop/app:V1"), wanted);
        assert_ne!(name("r.example/shop/app:v1"), wanted);
        assert_eq!(name("no image"), "no image");
    }
}
