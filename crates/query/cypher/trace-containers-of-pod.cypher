MATCH (pod:KubePod {key: $key})
MATCH (pod)<-[:HAS_POD]-(workload:KubeDeployment)
MATCH (pod)-[:HAS_CONTAINER]->(container:KubeContainer)
RETURN container.key AS key, container.name AS name, container.image AS image, container.digest AS digest,
       container.image_error AS image_error, container.registry AS registry, container.repository AS repository,
       container.gone_at AS container_gone_at, pod.key AS pod_key, pod.name AS pod, pod.cluster AS cluster,
       pod.namespace AS namespace, pod.node AS node, pod.started_at AS started_at, pod.gone_at AS gone_at,
       workload.key AS workload_key, workload.kind AS workload_kind, workload.name AS workload
ORDER BY cluster, namespace, name, pod, key
