MATCH (workload:KubeDeployment)-[:HAS_POD]->(pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)
WHERE pod.name = $pod
RETURN container.key AS key, container.name AS name, container.image AS image,
       container.digest AS digest, container.image_error AS image_error, pod.name AS pod,
       pod.cluster AS cluster, pod.namespace AS namespace, pod.node AS node,
       workload.kind AS workload_kind, workload.name AS workload
ORDER BY cluster, namespace, key
