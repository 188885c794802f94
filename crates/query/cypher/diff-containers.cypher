MATCH (pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)
WITH pod, container, pod.started_at AS started_at, coalesce(container.gone_at, pod.gone_at) AS gone_at,
     $since AS since, $until AS until
WHERE (started_at >= since AND started_at < until) OR (gone_at >= since AND gone_at < until)
RETURN pod.cluster AS cluster, pod.namespace AS namespace, pod.name AS pod, container.name AS name,
       container.image AS image, started_at, gone_at, container.key AS key
ORDER BY key
