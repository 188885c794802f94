// Some runtimes report the digest of the config.
UNWIND $rows AS row
MATCH (manifest:ImageManifest {key: row.key})
MATCH (manifest)-[:HAS_CONFIG]->(config:ImageConfig)<-[reports:REPORTS_CONFIG]-(container:KubeContainer)
WHERE coalesce(reports.until, $never) > $at
RETURN container.key AS container, manifest.key AS digest
ORDER BY container, digest
