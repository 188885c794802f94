// An artifact can be attached to the index and to a platform's manifest.
MATCH (image:ACRImage {key: $key})-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[:ATTESTS]-(artifact)
WHERE artifact.gone_at IS NULL
RETURN DISTINCT labels(artifact)[0] AS kind, artifact.key AS artifact, manifest.key AS manifest,
       artifact.artifact_type AS artifact_type, artifact.created_at AS created_at,
       artifact.critical AS critical, artifact.high AS high
ORDER BY kind, artifact, manifest
