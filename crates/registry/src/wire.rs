//! What registries answer: the parts of the OCI image specification, its predecessor of Docker, and
//! ACR's API that are read. Media types are not checked against each other: registries differ.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `GET /v2/_catalog`.
#[derive(Debug, Deserialize)]
pub(crate) struct Catalogue {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) repositories: Vec<String>,
}

/// `GET /v2/<name>/tags/list`.
#[derive(Debug, Deserialize)]
pub(crate) struct Tags {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) tags: Vec<String>,
}

/// `GET /acr/v1/<name>/_tags`.
#[derive(Debug, Deserialize)]
pub(crate) struct AcrTags {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) tags: Vec<AcrTag>,
}

/// A tag as ACR tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AcrTag {
    pub(crate) name: String,
    pub(crate) digest: Option<String>,
    pub(crate) created_time: Option<String>,
    pub(crate) last_update_time: Option<String>,
}

/// A descriptor.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: Option<String>,
    pub(crate) digest: String,
    pub(crate) artifact_type: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// An index or a manifest; which one, its fields say.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) media_type: Option<String>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) config: Option<Descriptor>,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) layers: Vec<Descriptor>,
    pub(crate) manifests: Option<Vec<Descriptor>>,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) annotations: BTreeMap<String, String>,
    pub(crate) subject: Option<Descriptor>,
}

/// An image's config.
#[derive(Debug, Deserialize)]
pub(crate) struct ImageConfig {
    pub(crate) created: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) architecture: Option<String>,
    pub(crate) variant: Option<String>,
    pub(crate) config: Option<RunConfig>,
}

/// The part of a config that says how to run the image.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RunConfig {
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) labels: BTreeMap<String, String>,
}

/// A Helm chart's config: its `Chart.yaml` as JSON.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ChartConfig {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) app_version: Option<String>,
    pub(crate) home: Option<String>,
    #[serde(default, deserialize_with = "nullable")]
    pub(crate) sources: Vec<String>,
}

/// `null` where a list or a map should be, as several registries answer for an empty one.
fn nullable<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
