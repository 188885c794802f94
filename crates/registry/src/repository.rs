//! One repository: its tags, what they point to, and what is attached to that.

use std::collections::{BTreeMap, HashSet};

use futures_util::StreamExt;
use jiff::Timestamp;
use polar_model::{HelmChart, ImageManifest, Observation, Platform, RegistryImage};
use polar_source::{Reply, Sink, SourceError};
use tokio::sync::Mutex;

use crate::{
    RegistryOptions,
    api::{Api, Fetched, Tag},
    attached::{self, Fallback},
    begin, digest, end,
    wire::{ChartConfig, Descriptor, ImageConfig},
};

const CHART: &str = "application/vnd.cncf.helm.config.v1+json";
/// Labels that are kept: those that the OCI image specification defines.
const LABELS: &str = "org.opencontainers.image.";
/// How deep indexes may stand in indexes.
const DEPTH: usize = 3;

/// The reading of one repository.
pub(crate) struct RepositoryReading<'a> {
    pub(crate) api: &'a Api,
    pub(crate) sink: &'a Sink,
    pub(crate) name: &'a str,
    pub(crate) options: &'a RegistryOptions,
    /// Digests of manifests that were handed out.
    done: Mutex<HashSet<String>>,
    problems: Mutex<u64>,
}

/// What a tag leads to.
enum Content {
    Image,
    /// No image: a chart, or something else that a registry can hold.
    Other,
}

impl<'a> RepositoryReading<'a> {
    pub(crate) fn new(
        api: &'a Api,
        options: &'a RegistryOptions,
        name: &'a str,
        sink: &'a Sink,
    ) -> Self {
        Self {
            api,
            sink,
            name,
            options,
            done: Mutex::new(HashSet::new()),
            problems: Mutex::new(0),
        }
    }

    /// Reads all of it, and returns the number of problems.
    pub(crate) async fn read(&self) -> Result<u64, SourceError> {
        let scope = format!("{}/{}", self.options.registry, self.name);
        begin(self.sink, &scope).await?;
        let mut page = Some(self.api.tags(self.name));
        while let Some(url) = page {
            match self.api.tags_page(self.name, url).await {
                Ok((tags, next)) => {
                    self.tags(tags).await?;
                    page = next;
                }
                Err(error) => {
                    self.left_out(&scope, error).await?;
                    break;
                }
            }
        }
        let problems = *self.problems.lock().await;
        if problems == 0 {
            end(self.sink, &scope).await?;
        }
        Ok(problems)
    }

    /// Counts a problem; an error that ends the whole reading goes on.
    pub(crate) async fn left_out(
        &self,
        place: &str,
        error: SourceError,
    ) -> Result<(), SourceError> {
        if error.ends_reading() {
            return Err(error);
        }
        *self.problems.lock().await += 1;
        self.sink.problem(place, error).await
    }

    async fn tags(&self, tags: Vec<Tag>) -> Result<(), SourceError> {
        let tags = tags.into_iter().map(|tag| async move {
            let place = format!("{}/{}:{}", self.options.registry, self.name, tag.name);
            self.or_left_out(&place, self.tag(&tag).await).await
        });
        let mut tags = futures_util::stream::iter(tags).buffer_unordered(self.options.parallel);
        while let Some(done) = tags.next().await {
            done?;
        }
        Ok(())
    }

    async fn tag(&self, tag: &Tag) -> Result<(), SourceError> {
        if let Some(fallback) = Fallback::from_tag(&tag.name) {
            return attached::fallback(self, &tag.name, &fallback).await;
        }
        let said = match &tag.digest {
            Some(digest) => Some(digest.clone()),
            None => self.api.digest_of(self.name, &tag.name).await?,
        };
        let seen_at = Timestamp::now();
        // Where the digest is known, the manifest is asked for by it: the tag may move meanwhile.
        let (digest, content) = match said {
            Some(digest) => {
                let content = self.manifest(&digest, DEPTH).await?;
                (digest, content)
            }
            None => {
                let fetched = self.api.manifest(self.name, &tag.name).await?;
                let digest = fetched.digest.clone();
                (digest, self.fetched(fetched, DEPTH).await?)
            }
        };
        if let Content::Other = content {
            return Ok(());
        }
        let pushed_at = tag.pushed_at.as_deref().and_then(|at| at.parse().ok());
        self.sink
            .observe(Observation::RegistryImage(RegistryImage {
                registry: self.options.registry.clone(),
                repository: self.name.to_owned(),
                tag: tag.name.clone(),
                digest,
                pushed_at,
                seen_at: Some(seen_at),
            }))
            .await
    }

    /// Hands out a manifest or an index, what is in it, and what is attached to it: the parts before
    /// the whole, so that whoever has the whole has its parts.
    async fn manifest(&self, digest: &str, depth: usize) -> Result<Content, SourceError> {
        if self.done.lock().await.contains(digest) {
            return Ok(Content::Image);
        }
        if self.options.known_manifests.contains(digest) {
            self.done.lock().await.insert(digest.to_owned());
            self.referrers(digest).await?;
            return Ok(Content::Image);
        }
        let fetched = self.api.manifest(self.name, digest).await?;
        self.fetched(fetched, depth).await
    }

    async fn fetched(&self, fetched: Fetched, depth: usize) -> Result<Content, SourceError> {
        let digest = fetched.digest.clone();
        let config_type = fetched.manifest.config.as_ref();
        let config_type = config_type.and_then(|config| config.media_type.as_deref());
        if config_type == Some(CHART) {
            self.chart(&fetched).await?;
            return Ok(Content::Other);
        }
        if fetched.manifest.manifests.is_none() && !is_image(&fetched) {
            tracing::debug!(repository = self.name, digest, "not an image");
            return Ok(Content::Other);
        }
        if !self.done.lock().await.insert(digest.clone()) {
            return Ok(Content::Image);
        }
        if let Some(children) = &fetched.manifest.manifests {
            self.index(&fetched, children, depth).await?;
        } else {
            self.image(&fetched).await?;
        }
        self.referrers(&digest).await?;
        Ok(Content::Image)
    }

    async fn index(
        &self,
        fetched: &Fetched,
        children: &[Descriptor],
        depth: usize,
    ) -> Result<(), SourceError> {
        let mut manifests = Vec::new();
        for child in children {
            if let Some(subject) = attached::buildkit_subject(child) {
                let place = format!("{}@{}", self.name, child.digest);
                let done = attached::manifest(self, subject, child).await;
                self.or_left_out(&place, done).await?;
                continue;
            }
            manifests.push(child.digest.clone());
            if depth == 0 {
                let place = format!("{}@{}", self.name, fetched.digest);
                let error = SourceError::Unreadable {
                    place: place.clone(),
                    reason: format!("indexes more than {DEPTH} deep"),
                };
                self.left_out(&place, error).await?;
                continue;
            }
            // A platform that was never pushed is common in mirrors: the others still count.
            let done = Box::pin(self.manifest(&child.digest, depth - 1)).await;
            let place = format!("{}@{}", self.name, child.digest);
            self.or_left_out(&place, done.map(drop)).await?;
        }
        self.sink
            .observe(Observation::ImageManifest(ImageManifest {
                digest: fetched.digest.clone(),
                media_type: fetched.media_type.clone(),
                platform: None,
                config_digest: None,
                created_at: None,
                manifests,
                labels: BTreeMap::new(),
            }))
            .await
    }

    async fn or_left_out(
        &self,
        place: &str,
        done: Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        match done {
            Ok(()) => Ok(()),
            Err(error) => self.left_out(place, error).await,
        }
    }

    async fn image(&self, fetched: &Fetched) -> Result<(), SourceError> {
        let descriptor = fetched.manifest.config.as_ref();
        let mut platform = None;
        let mut labels = BTreeMap::new();
        let mut created_at = None;
        if let Some(descriptor) = descriptor {
            let reply = self.api.blob(self.name, &descriptor.digest).await?;
            let config: ImageConfig = reply.json()?;
            platform = config
                .os
                .zip(config.architecture)
                .map(|(os, architecture)| Platform {
                    os,
                    architecture,
                    variant: config.variant.filter(|variant| !variant.is_empty()),
                });
            created_at = config.created.and_then(|at| at.parse().ok());
            let all = config
                .config
                .map(|config| config.labels)
                .unwrap_or_default();
            labels = all
                .into_iter()
                .filter(|(name, _)| name.starts_with(LABELS))
                .collect();
        }
        self.sink
            .observe(Observation::ImageManifest(ImageManifest {
                digest: fetched.digest.clone(),
                media_type: fetched.media_type.clone(),
                platform,
                config_digest: descriptor.map(|config| config.digest.clone()),
                created_at,
                manifests: Vec::new(),
                labels,
            }))
            .await
    }

    async fn chart(&self, fetched: &Fetched) -> Result<(), SourceError> {
        let Some(config) = &fetched.manifest.config else {
            return Ok(());
        };
        let reply: Reply = self.api.blob(self.name, &config.digest).await?;
        let chart: ChartConfig = reply.json()?;
        self.sink
            .observe(Observation::HelmChart(HelmChart {
                registry: self.options.registry.clone(),
                repository: self.name.to_owned(),
                name: chart.name,
                version: chart.version,
                app_version: chart.app_version,
                digest: fetched.digest.clone(),
                source: chart.sources.into_iter().next().or(chart.home),
            }))
            .await
    }

    /// What the registry knows to refer to a manifest.
    async fn referrers(&self, digest: &str) -> Result<(), SourceError> {
        let mut page = Some(self.api.referrers(self.name, digest));
        while let Some(url) = page.take() {
            let Some((index, next)) = self.api.referrers_page(self.name, url).await? else {
                // Without the API, referrers are kept under tags, which are met as tags.
                return Ok(());
            };
            for descriptor in index.manifests.unwrap_or_default() {
                let place = format!("{}@{}", self.name, descriptor.digest);
                let done = attached::manifest(self, digest, &descriptor).await;
                self.or_left_out(&place, done).await?;
            }
            page = next;
        }
        Ok(())
    }
}

/// Whether a manifest is an image's: its config is one, or it says nothing else. What refers to
/// another manifest, or has a type of its own, is something attached.
fn is_image(fetched: &Fetched) -> bool {
    let manifest = &fetched.manifest;
    let config = manifest.config.as_ref();
    let config = config.and_then(|config| config.media_type.as_deref());
    let is_config = matches!(
        config,
        Some(
            "application/vnd.oci.image.config.v1+json"
                | "application/vnd.docker.container.image.v1+json"
        )
    );
    let has_artifacts = manifest.layers.iter().any(|layer| {
        let media_type = layer.media_type.as_deref().unwrap_or_default();
        attached::is_evidence(media_type)
    });
    is_config && manifest.artifact_type.is_none() && manifest.subject.is_none() && !has_artifacts
}

/// Whether a digest can be part of a tag: `sha256-<hex>`.
pub(crate) fn digest_in_tag(text: &str) -> Option<String> {
    let digest = text.replacen('-', ":", 1);
    digest::is_one(&digest).then_some(digest)
}
