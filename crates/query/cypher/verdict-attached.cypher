// An artifact can be attached to the index and to a platform's manifest.
MATCH (image:ACRImage {key: $key})-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[:ATTESTS]-(artifact)
WHERE artifact.gone_at IS NULL
RETURN DISTINCT labels(artifact)[0] AS kind, artifact.key AS artifact, artifact.unverified_reason AS reason,
       artifact.critical AS critical, artifact.high AS high, artifact.medium AS medium, artifact.low AS low
ORDER BY kind, artifact
