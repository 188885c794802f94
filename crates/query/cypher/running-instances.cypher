UNWIND $rows AS row
MATCH (container:KubeContainer {key: row.key})
MATCH (container)<-[:HAS_CONTAINER]-(pod:KubePod)<-[:HAS_POD]-(workload:KubeDeployment)
WHERE coalesce(container.gone_at, $never) > $at AND coalesce(pod.gone_at, $never) > $at
  AND coalesce(pod.started_at, pod.first_seen, $ever) <= $at
RETURN container.key AS key, container.name AS container, container.image AS image, container.digest AS digest,
       container.registry AS registry, container.repository AS repository, pod.key AS uid, pod.name AS pod,
       pod.node AS node, coalesce(pod.started_at, pod.first_seen) AS since, workload.key AS workload
ORDER BY workload, pod, container, key
