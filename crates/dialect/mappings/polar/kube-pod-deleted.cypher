//! title       = "Pods that were deleted"
//! observation = "kube_pod"
//! gone        = true
//! labels      = ["Pod", "PodContainer"]
//! convert     = { cluster = "cluster", namespace = "text", name = "text" }
//
// The owner is told so that no bare pod is taken to be meant.
MATCH (pod:Pod)-[:HAS_CONTAINER]->(container:PodContainer)
WHERE pod.deleteAt IS NOT NULL
   OR EXISTS { (pod)-[:TRANSITIONED_TO]->(state:PodState) WHERE state.phase = 'Deleted' }
WITH pod, collect({name: container.name, image: container.image}) AS containers
OPTIONAL MATCH (pod)-[:IN_NAMESPACE]->(namespace:Namespace)
OPTIONAL MATCH (pod)<-[:OWNS]-(owner)
RETURN coalesce(pod.cluster_uid, namespace.cluster_uid) AS cluster,
       coalesce(namespace.name, pod.namespace) AS namespace, pod.name AS name, pod.uid AS uid,
       containers,
       CASE WHEN owner.name IS NOT NULL THEN {kind: labels(owner)[0], name: owner.name}
            ELSE null END AS workload
