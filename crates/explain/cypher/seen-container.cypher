MATCH (node:KubeContainer {key: $key})
MATCH (node)<-[:HAS_CONTAINER]-(pod:KubePod)
RETURN pod.started_at AS seen_at
ORDER BY seen_at LIMIT 1
