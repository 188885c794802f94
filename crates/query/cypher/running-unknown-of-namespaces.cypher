// Containers of which no registry image is known.
UNWIND $rows AS row
MATCH (space:KubeNamespace {key: row.key})
MATCH (space)-[:HAS_WORKLOAD]->(workload:KubeDeployment)-[:HAS_POD]->(pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)
WHERE pod.gone_at IS NULL AND container.gone_at IS NULL AND NOT EXISTS { (container)-[:RUNS]->(:ACRImage) }
RETURN DISTINCT workload.key AS workload, container.image AS named
ORDER BY workload, named
