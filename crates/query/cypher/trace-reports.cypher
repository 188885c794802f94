MATCH (container:KubeContainer {key: $key})
MATCH (container)-[reports:REPORTS]->(manifest:ImageManifest)
RETURN manifest.key AS key, reports.until AS until, reports.first_seen AS first_seen
ORDER BY key
