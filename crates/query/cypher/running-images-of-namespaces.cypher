UNWIND $rows AS row
MATCH (space:KubeNamespace {key: row.key})
MATCH (space)-[:HAS_WORKLOAD]->(workload:KubeDeployment)-[:HAS_POD]->(pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[runs:RUNS]->(image:ACRImage)
WHERE pod.gone_at IS NULL AND container.gone_at IS NULL
RETURN DISTINCT workload.key AS workload, image.key AS image, container.image AS named, runs.confidence > 0.5 AS certain
ORDER BY workload, image, named, certain
