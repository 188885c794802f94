//! Pods, from their objects.

use jiff::Timestamp;
use polar_model::{Container, KubePod, WorkloadRef};

use crate::wire::{ContainerStatus, Pod, PodContainer};

/// A pod with its owners, from the nearest to the top.
pub(crate) fn pod(
    cluster: &str,
    object: Pod,
    owners: Vec<WorkloadRef>,
    seen_at: Timestamp,
) -> KubePod {
    let Pod {
        metadata,
        spec,
        status,
    } = object;
    let mut containers = Vec::new();
    for (specified, reported, init, ephemeral) in [
        (
            Some(spec.containers),
            status.container_statuses,
            false,
            false,
        ),
        (
            spec.init_containers,
            status.init_container_statuses,
            true,
            false,
        ),
        (
            spec.ephemeral_containers,
            status.ephemeral_container_statuses,
            false,
            true,
        ),
    ] {
        let reported = reported.unwrap_or_default();
        for PodContainer { name, image } in specified.unwrap_or_default() {
            containers.push(Container {
                image_id: image_id(&reported, &name),
                name,
                image,
                init,
                ephemeral,
            });
        }
    }
    KubePod {
        cluster: cluster.to_owned(),
        namespace: metadata.namespace,
        name: metadata.name,
        uid: metadata.uid,
        node: spec.node_name.filter(|name| !name.is_empty()),
        phase: status.phase.filter(|phase| !phase.is_empty()),
        started_at: status.start_time,
        seen_at: Some(seen_at),
        workload: owners.last().cloned(),
        owners,
        containers,
    }
}

/// What the runtime reports; it is empty until the image is there.
fn image_id(reported: &[ContainerStatus], name: &str) -> Option<String> {
    let status = reported.iter().find(|status| status.name == name)?;
    status.image_id.clone().filter(|id| !id.is_empty())
}
