//! The pipelines of a project, with their commits, their jobs, and what the jobs say they pushed.

use std::collections::HashSet;

use polar_model::{Basis, GitLabJob, GitLabPipeline, Observation, PipelineImage};
use polar_source::{SourceError, Url};

use crate::{
    images::{Built, built_images},
    project::{ProjectReading, Window},
    registry::name,
    wire::{Commit, Job, Pipeline},
};

/// By id and not by update, the newest first: what is updated or started while pages are read moves
/// the rest towards later pages, where it is met twice, but never past a page that was read.
const QUERY: [(&str, &str); 2] = [("order_by", "id"), ("sort", "desc")];

/// GitLab leaves child pipelines out of the list of pipelines unless it is asked for them alone.
const CHILDREN: (&str, &str) = ("source", "parent_pipeline");

impl ProjectReading<'_, '_> {
    pub(crate) async fn pipelines(&mut self) -> Result<(), SourceError> {
        let mut seen = HashSet::new();
        for query in [QUERY.to_vec(), [&QUERY[..], &[CHILDREN]].concat()] {
            let mut pages = self.updated("pipelines", &["pipelines"], &query);
            while let Some(page) = self.run.page::<Pipeline>(&mut pages).await? {
                for pipeline in page {
                    if seen.insert(pipeline.id) {
                        self.pipeline(pipeline).await?;
                    }
                }
            }
        }
        Ok(())
    }

    async fn pipeline(&mut self, listed: Pipeline) -> Result<(), SourceError> {
        let id = listed.id;
        let what = format!("pipeline {id}");
        let url = self.url(&["pipelines", &id.to_string()], &[]);
        let asked = self.run.get(url).await.and_then(|reply| reply.json());
        let pipeline = match asked {
            Ok(pipeline) => pipeline,
            // Deleted since it was listed.
            Err(error) if error.is_absent() => return Ok(()),
            Err(error) => {
                self.settle(&what, Err(error)).await?;
                listed
            }
        };
        let user = self.run.user(pipeline.user).await?;
        let observation = Observation::GitLabPipeline(GitLabPipeline {
            instance: self.run.instance.clone(),
            project: self.path.clone(),
            id,
            sha: pipeline.sha.clone(),
            ref_name: pipeline.ref_name,
            status: pipeline.status,
            source: pipeline.source,
            user,
            web_url: pipeline.web_url,
            created_at: pipeline.created_at,
            finished_at: pipeline.finished_at,
        });
        self.run.observe(observation).await?;
        let done = self.commit_of(&pipeline.sha).await;
        self.settle(&format!("commit {}", pipeline.sha), done)
            .await?;
        let done = self.jobs(id).await;
        self.settle(&format!("jobs of {what}"), done).await
    }

    async fn commit_of(&mut self, sha: &str) -> Result<(), SourceError> {
        if self.commits.contains(sha) {
            return Ok(());
        }
        let url = self.url(&["repository", "commits", sha], &[("stats", "false")]);
        match self.run.get(url).await {
            Ok(reply) => self.commit(reply.json::<Commit>()?).await,
            // The branch was rewritten or removed since.
            Err(error) if error.is_absent() => {
                self.commits.insert(sha.to_owned());
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    async fn jobs(&mut self, pipeline: i64) -> Result<(), SourceError> {
        let what = format!("jobs of pipeline {pipeline}");
        let path = ["pipelines", &pipeline.to_string(), "jobs"];
        let mut pages = self.pages(&what, &path, &[("include_retried", "true")]);
        while let Some(page) = self.run.page::<Job>(&mut pages).await? {
            for job in page {
                self.job(pipeline, job).await?;
            }
        }
        Ok(())
    }

    async fn job(&mut self, pipeline: i64, job: Job) -> Result<(), SourceError> {
        let user = self.run.user(job.user).await?;
        if let (Some(started_at), Some(finished_at)) = (job.started_at, job.finished_at) {
            self.windows.push(Window {
                pipeline,
                job: job.id,
                started_at,
                finished_at,
            });
        }
        let is_done = job.status.as_deref() == Some("success");
        let has_artifacts = job.artifacts_file.and_then(|file| file.filename).is_some();
        let observation = Observation::GitLabJob(GitLabJob {
            instance: self.run.instance.clone(),
            project: self.path.clone(),
            pipeline,
            id: job.id,
            name: job.name,
            stage: job.stage,
            status: job.status,
            runner: job.runner.and_then(|runner| runner.description),
            user,
            started_at: job.started_at,
            finished_at: job.finished_at,
        });
        self.run.observe(observation).await?;
        if is_done && has_artifacts {
            let options = self.run.options;
            for file in &options.artifact_files {
                let what = format!("artifact {file} of job {}", job.id);
                let done = self.artifact(pipeline, job.id, file).await;
                self.settle(&what, done).await?;
            }
        }
        Ok(())
    }

    async fn artifact(&mut self, pipeline: i64, job: i64, file: &str) -> Result<(), SourceError> {
        let reply = match self.run.get(self.artifact_url(job, file)).await {
            Err(error) if error.is_absent() => return Ok(()),
            reply => reply?,
        };
        let found = built_images(file, &reply.body);
        let found = found.map_err(|reason| reply.unreadable(reason))?;
        for Built { image, digest } in found {
            if let Some(digest) = &digest {
                self.reported.insert((name(&image), digest.clone()));
            }
            let observation = Observation::PipelineImage(PipelineImage {
                instance: self.run.instance.clone(),
                project: self.path.clone(),
                pipeline,
                job: Some(job),
                image,
                digest,
                basis: Basis::Reported,
                evidence: Some(format!("artifact {file} of job {job}")),
            });
            self.run.observe(observation).await?;
        }
        Ok(())
    }

    fn artifact_url(&self, job: i64, file: &str) -> Url {
        let job = job.to_string();
        let parts = file.split('/').filter(|part| !part.is_empty());
        let path: Vec<&str> = ["jobs", &job, "artifacts"]
            .into_iter()
            .chain(parts)
            .collect();
        self.url(&path, &[])
    }
}
