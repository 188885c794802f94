MATCH (image:ACRImage {key: $key})-[:HAS_MANIFEST]->(manifest:ImageManifest)<-[:ATTESTS]-(artifact)
RETURN labels(artifact)[0] AS kind, artifact.digest AS digest, artifact.artifact_type AS artifact_type
ORDER BY kind, digest
