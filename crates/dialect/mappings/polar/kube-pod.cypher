//! title       = "Pods with their containers and owners"
//! observation = "kube_pod"
//! labels      = ["Pod", "PodContainer"]
//! convert     = { cluster = "cluster", namespace = "text", name = "text", node = "text", seen_at = "time" }
//
// What a container was resolved to is known where it was resolved to one artifact: Polar keeps
// earlier ones, and does not say which is which. An owner that Polar knows by its uid alone has no
// name to go by; the nearest one with a name stands for it.
MATCH (pod:Pod)-[:HAS_CONTAINER]->(container:PodContainer)
WHERE pod.deleteAt IS NULL
  AND NOT EXISTS { (pod)-[:TRANSITIONED_TO]->(state:PodState) WHERE state.phase = 'Deleted' }
OPTIONAL MATCH (container)-[:USES_IMAGE]->(artifact:OCIArtifact)
WITH pod, container, collect(DISTINCT artifact.digest) AS digests
WITH pod, collect({name: container.name, image: container.image,
     image_id: CASE WHEN size(digests) <> 1 THEN null
                    WHEN container.image CONTAINS '@' THEN container.image
                    ELSE container.image + '@' + digests[0] END}) AS containers
OPTIONAL MATCH (pod)-[:IN_NAMESPACE]->(namespace:Namespace)
OPTIONAL MATCH (pod)-[:RUNNING_ON]->(node)
OPTIONAL MATCH (pod)<-[:OWNS]-(owner)
OPTIONAL MATCH (owner)<-[:OWNS]-(top)
RETURN coalesce(pod.cluster_uid, namespace.cluster_uid) AS cluster,
       coalesce(namespace.name, pod.namespace) AS namespace, pod.name AS name, pod.uid AS uid,
       node.name AS node, pod.observed_at AS seen_at, containers,
       CASE WHEN top.name IS NOT NULL THEN {kind: replace(labels(top)[0], 'Kubernetes', ''), name: top.name}
            WHEN owner.name IS NOT NULL THEN {kind: replace(labels(owner)[0], 'Kubernetes', ''), name: owner.name}
            ELSE null END AS workload,
       CASE WHEN top.name IS NOT NULL AND owner.name IS NOT NULL
            THEN [{kind: replace(labels(owner)[0], 'Kubernetes', ''), name: owner.name},
                  {kind: replace(labels(top)[0], 'Kubernetes', ''), name: top.name}]
            WHEN owner.name IS NOT NULL
            THEN [{kind: replace(labels(owner)[0], 'Kubernetes', ''), name: owner.name}]
            ELSE [] END AS owners
