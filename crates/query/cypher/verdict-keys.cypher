UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[:ATTESTS]-(artifact)-[tried:CHECKED_WITH|VERIFIED_BY]->(key:VerificationKey)
WHERE artifact.gone_at IS NULL AND tried.until IS NULL
RETURN DISTINCT image.key AS image, type(tried) AS tried, labels(artifact)[0] AS kind, artifact.key AS artifact,
       coalesce(key.name, key.fingerprint) AS name, key.repositories AS repositories
ORDER BY image, tried, artifact, name
