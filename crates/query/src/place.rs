//! Where does this image run?

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use polar_graph::{GraphError, GraphStore};
use serde::Serialize;

use crate::{
    ImageTarget, Instance, Meant, Workload,
    rows::{When, for_keys},
    running::{instances, naming, reporting, with_platforms},
};

/// Where an image runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Places {
    /// Version of this document.
    pub schema: u32,
    /// `where`.
    pub story: &'static str,
    /// The image that was asked about.
    pub target: String,
    /// The time that was asked about; none is now.
    pub at: Option<Timestamp>,
    /// The registry images that are meant.
    pub images: Vec<String>,
    /// Pods that run it under its own name or another one.
    pub pods: usize,
    /// Pods that name it, of which nobody knows what they run.
    pub likely_pods: usize,
    /// The workloads, by cluster, namespace, kind and name.
    pub workloads: Vec<WorkloadPlace>,
}

/// What a workload runs of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkloadPlace {
    /// The workload.
    #[serde(flatten)]
    pub workload: Workload,
    /// Number of its pods that run it, or may.
    pub pods: usize,
    /// Their containers.
    pub instances: Vec<PlaceInstance>,
}

/// A container that runs it, or may.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceInstance {
    /// How it comes to be listed.
    pub how: How,
    /// The container.
    #[serde(flatten)]
    pub instance: Instance,
}

/// How a container comes to be listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It runs the image under its name.
    Runs,
    /// It runs the same bytes under another name.
    SameBytes,
    /// It only names it: what it runs is one of several, or not known.
    Likely,
}

/// Where an image runs, now or at a time.
///
/// # Errors
/// If the graph is out of reach.
pub async fn places(
    store: &dyn GraphStore,
    target: &ImageTarget,
    at: Option<Timestamp>,
) -> Result<Places, GraphError> {
    let when = When::new(at);
    let images = target.images(store).await?;
    let found = Found::of(store, target, &images, when).await?;
    let keys = found.likely.union(&found.certain).map(String::as_str);
    let mut workloads: BTreeMap<String, Vec<PlaceInstance>> = BTreeMap::new();
    let (mut pods, mut likely_pods) = (BTreeSet::new(), BTreeSet::new());
    for instance in instances(store, keys, when).await? {
        let how = found.how(target, &instance);
        let pod = (instance.workload.clone(), instance.pod.clone());
        let told = if how == How::Likely {
            &mut likely_pods
        } else {
            &mut pods
        };
        told.insert(pod);
        let of = workloads.entry(instance.workload.clone()).or_default();
        of.push(PlaceInstance { how, instance });
    }
    Ok(Places {
        schema: 1,
        story: "where",
        target: target.text(),
        at,
        images: images.into_iter().map(|image| image.key).collect(),
        pods: pods.len(),
        likely_pods: likely_pods.difference(&pods).count(),
        workloads: workloads.into_iter().map(workload_place).collect(),
    })
}

fn workload_place((key, instances): (String, Vec<PlaceInstance>)) -> WorkloadPlace {
    let pods: BTreeSet<_> = instances.iter().map(|one| &one.instance.pod).collect();
    WorkloadPlace {
        workload: Workload::of_key(&key),
        pods: pods.len(),
        instances,
    }
}

/// Keys of containers.
#[derive(Default)]
struct Found {
    /// Those that run it.
    certain: BTreeSet<String>,
    /// Those that may.
    likely: BTreeSet<String>,
}

impl Found {
    async fn of(
        store: &dyn GraphStore,
        target: &ImageTarget,
        images: &[Meant],
        when: When,
    ) -> Result<Self, GraphError> {
        let mut found = Self::default();
        let mut digests = wanted(store, target, images).await?;
        found.by_name(store, target, when, &mut digests).await?;
        let all = with_platforms(store, &digests).await?;
        let certain = reporting(store, all.keys().map(String::as_str), when).await?;
        found.certain.extend(certain.into_iter().map(|one| one.0));
        found.by_config(store, target, when).await?;
        found.by_link(store, images, &digests, when).await?;
        // Who reports an index runs one of its platforms, and this may be the one.
        let above = images.iter().map(|image| image.digest.as_str());
        let above: BTreeSet<_> = above.filter(|digest| !all.contains_key(*digest)).collect();
        let likely = reporting(store, above, when).await?;
        found.likely.extend(likely.into_iter().map(|one| one.0));
        Ok(found)
    }

    /// Those that name it, by tag or repository; what they run is what is meant, too.
    async fn by_name(
        &mut self,
        store: &dyn GraphStore,
        target: &ImageTarget,
        when: When,
        digests: &mut BTreeSet<String>,
    ) -> Result<(), GraphError> {
        let (Some((registry, repository)), None) = (&target.name, &target.digest) else {
            return Ok(());
        };
        let statement = match &target.tag {
            Some(tag) => {
                cypher!("running-of-tag").with("tag", format!("{registry}/{repository}:{tag}"))
            }
            None => cypher!("running-of-name")
                .with("registry", registry.as_str())
                .with("repository", repository.as_str()),
        };
        for (container, digest) in naming(store, statement, when).await? {
            match digest {
                Some(digest) => {
                    digests.insert(digest);
                    self.certain.insert(container);
                }
                None => {
                    self.likely.insert(container);
                }
            }
        }
        Ok(())
    }

    async fn by_config(
        &mut self,
        store: &dyn GraphStore,
        target: &ImageTarget,
        when: When,
    ) -> Result<(), GraphError> {
        if let Some(digest) = &target.digest {
            let statement = cypher!("running-of-config").with("digest", digest.as_str());
            let found = naming(store, statement, when).await?;
            self.certain.extend(found.into_iter().map(|one| one.0));
        }
        Ok(())
    }

    /// What rules say now. What they said earlier is not kept: of an earlier time, what was reported
    /// then counts, and of what only names an image the name.
    async fn by_link(
        &mut self,
        store: &dyn GraphStore,
        images: &[Meant],
        digests: &BTreeSet<String>,
        when: When,
    ) -> Result<(), GraphError> {
        let keys = images.iter().map(|image| image.key.as_str());
        let rows = for_keys(store, &cypher!("running-of-images"), keys).await?;
        for row in rows {
            let is_certain = *row.get("certain") == polar_model::Value::Bool(true);
            let container = row.text("container").to_owned();
            if !is_certain {
                self.likely.insert(container);
            } else if when.is_now() && digests.contains(row.text("digest")) {
                self.certain.insert(container);
            }
        }
        Ok(())
    }

    fn how(&self, target: &ImageTarget, instance: &Instance) -> How {
        if !self.certain.contains(&instance.key) {
            How::Likely
        } else if target
            .name
            .as_ref()
            .is_none_or(|name| *name == instance.name)
        {
            How::Runs
        } else {
            How::SameBytes
        }
    }
}

/// Digests of the manifests and indexes that are meant.
async fn wanted(
    store: &dyn GraphStore,
    target: &ImageTarget,
    images: &[Meant],
) -> Result<BTreeSet<String>, GraphError> {
    let Some(digest) = &target.digest else {
        return Ok(images.iter().map(|image| image.digest.clone()).collect());
    };
    let of_config = cypher!("manifests-of-config").with("digest", digest.as_str());
    let rows = store.read(of_config).await?;
    let mut wanted: BTreeSet<_> = rows
        .iter()
        .map(|row| row.text("digest").to_owned())
        .collect();
    wanted.insert(digest.clone());
    Ok(wanted)
}
