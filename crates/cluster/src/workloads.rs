//! Workloads, from their objects.

use polar_model::KubeWorkload;

use crate::wire::{Template, TemplateContainer, Workload};

/// A workload, or why it is none.
pub(crate) fn workload(
    cluster: &str,
    kind: &'static str,
    object: Workload,
) -> Result<KubeWorkload, &'static str> {
    let Workload {
        metadata,
        spec,
        status,
    } = object;
    let of_job = spec.job_template.map(|template| template.spec.template);
    let template = spec.template.or(of_job).ok_or("it has no pod template")?;
    let labels = metadata.labels.unwrap_or_default();
    let annotations = metadata.annotations.unwrap_or_default();
    // A DaemonSet is given no number; its controller works it out.
    let scheduled = status.and_then(|status| status.desired_number_scheduled);
    Ok(KubeWorkload {
        cluster: cluster.to_owned(),
        namespace: metadata.namespace,
        kind: kind.to_owned(),
        name: metadata.name,
        replicas: spec.replicas.or(scheduled),
        images: images(template),
        app: labels.app.filter(|text| !text.is_empty()),
        app_version: labels.app_version.filter(|text| !text.is_empty()),
        release: annotations.release.filter(|text| !text.is_empty()),
        chart: labels.chart.filter(|text| !text.is_empty()),
    })
}

/// Images as written, each once.
fn images(template: Template) -> Vec<String> {
    let containers = template.spec.containers.unwrap_or_default();
    let inits = template.spec.init_containers.unwrap_or_default();
    let mut images = Vec::new();
    for TemplateContainer { image } in containers.into_iter().chain(inits) {
        if let Some(image) = image
            && !image.is_empty()
            && !images.contains(&image)
        {
            images.push(image);
        }
    }
    images
}
