// An artifact can be attached to the index and to a platform's manifest.
MATCH (image:ACRImage {key: $key})
MATCH (image)-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)
MATCH (manifest)<-[:ATTESTS]-(artifact)
RETURN DISTINCT labels(artifact)[0] AS kind, artifact.key AS digest, artifact.artifact_type AS artifact_type,
       artifact.created_at AS created_at, artifact.gone_at AS gone_at
ORDER BY kind, digest
