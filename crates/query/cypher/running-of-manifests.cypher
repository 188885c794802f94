UNWIND $rows AS row
MATCH (manifest:ImageManifest {key: row.key})
MATCH (manifest)<-[reports:REPORTS]-(container:KubeContainer)
WHERE coalesce(reports.first_seen, $ever) <= $at AND coalesce(reports.until, $never) > $at
RETURN container.key AS container, manifest.key AS digest
ORDER BY container, digest
