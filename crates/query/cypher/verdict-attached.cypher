// An artifact can be attached to the index and to a platform's manifest.
UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[:ATTESTS]-(artifact)
WHERE artifact.gone_at IS NULL
RETURN DISTINCT image.key AS image, labels(artifact)[0] AS kind, artifact.key AS artifact,
       artifact.artifact_type AS artifact_type, artifact.builder AS builder, artifact.source AS source,
       artifact.unverified_reason AS reason, artifact.critical AS critical, artifact.high AS high,
       artifact.medium AS medium, artifact.low AS low
ORDER BY image, kind, artifact
