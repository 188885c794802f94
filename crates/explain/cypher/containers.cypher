MATCH (pod:KubePod {key: $key})
MATCH (pod)-[:HAS_CONTAINER]->(container:KubeContainer)
RETURN labels(container)[0] AS label, container.key AS key
ORDER BY key LIMIT 50
