UNWIND $rows AS row
MATCH (outer:ImageManifest {key: row.key})
MATCH (outer)-[:HAS_MANIFEST]->(manifest:ImageManifest)
RETURN DISTINCT outer.key AS above, manifest.key AS digest
ORDER BY above, digest
