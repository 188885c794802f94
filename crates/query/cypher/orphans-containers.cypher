UNWIND $rows AS row
MATCH (workload:KubeDeployment {key: row.key})
MATCH (workload)-[:HAS_POD]->(pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[reports:REPORTS]->(manifest:ImageManifest)
WHERE pod.gone_at IS NULL AND container.gone_at IS NULL AND reports.until IS NULL
RETURN DISTINCT workload.key AS workload, container.image AS image, manifest.key AS digest
ORDER BY workload, image, digest
