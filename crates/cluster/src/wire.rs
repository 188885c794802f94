//! The parts of objects of the Kubernetes API that are read, in its own shapes.

use jiff::Timestamp;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Meta {
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) uid: String,
    pub(crate) labels: Option<Labels>,
    pub(crate) annotations: Option<Annotations>,
    pub(crate) owner_references: Option<Vec<OwnerReference>>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Labels {
    #[serde(rename = "app.kubernetes.io/name")]
    pub(crate) app: Option<String>,
    #[serde(rename = "app.kubernetes.io/version")]
    pub(crate) app_version: Option<String>,
    #[serde(rename = "helm.sh/chart")]
    pub(crate) chart: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Annotations {
    #[serde(rename = "meta.helm.sh/release-name")]
    pub(crate) release: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OwnerReference {
    pub(crate) api_version: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) uid: String,
    pub(crate) controller: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Workload {
    pub(crate) metadata: Meta,
    pub(crate) spec: WorkloadSpec,
    pub(crate) status: Option<WorkloadStatus>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkloadSpec {
    pub(crate) replicas: Option<i64>,
    pub(crate) template: Option<Template>,
    pub(crate) job_template: Option<JobTemplate>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkloadStatus {
    /// Of a `DaemonSet`: nodes that should run it.
    pub(crate) desired_number_scheduled: Option<i64>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct JobTemplate {
    pub(crate) spec: JobSpec,
}

#[derive(Debug, Deserialize)]
pub(crate) struct JobSpec {
    pub(crate) template: Template,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Template {
    pub(crate) spec: TemplateSpec,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateSpec {
    pub(crate) containers: Option<Vec<TemplateContainer>>,
    pub(crate) init_containers: Option<Vec<TemplateContainer>>,
}

/// The API lets a template go without an image.
#[derive(Debug, Deserialize)]
pub(crate) struct TemplateContainer {
    pub(crate) image: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Pod {
    pub(crate) metadata: Meta,
    pub(crate) spec: PodSpec,
    #[serde(default)]
    pub(crate) status: PodStatus,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodSpec {
    pub(crate) node_name: Option<String>,
    pub(crate) containers: Vec<PodContainer>,
    pub(crate) init_containers: Option<Vec<PodContainer>>,
    pub(crate) ephemeral_containers: Option<Vec<PodContainer>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct PodContainer {
    pub(crate) name: String,
    pub(crate) image: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PodStatus {
    pub(crate) phase: Option<String>,
    pub(crate) start_time: Option<Timestamp>,
    pub(crate) container_statuses: Option<Vec<ContainerStatus>>,
    pub(crate) init_container_statuses: Option<Vec<ContainerStatus>>,
    pub(crate) ephemeral_container_statuses: Option<Vec<ContainerStatus>>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ContainerStatus {
    pub(crate) name: String,
    #[serde(rename = "imageID")]
    pub(crate) image_id: Option<String>,
}

/// A secret of Helm. It has no `Debug`: its data must not be shown.
#[derive(Deserialize)]
pub(crate) struct ReleaseSecret {
    pub(crate) metadata: ReleaseMeta,
    pub(crate) data: ReleaseData,
}

#[derive(Debug, Deserialize)]
pub(crate) struct ReleaseMeta {
    pub(crate) name: String,
    pub(crate) namespace: String,
    #[serde(default)]
    pub(crate) labels: ReleaseLabels,
}

#[derive(Debug, Default, Deserialize)]
pub(crate) struct ReleaseLabels {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ReleaseData {
    pub(crate) release: String,
}
