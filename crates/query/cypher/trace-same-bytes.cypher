MATCH (image:ACRImage {key: $key})
MATCH (image)-[:HAS_MANIFEST]->(manifest:ImageManifest)
MATCH (manifest)<-[:HAS_MANIFEST]-(other:ACRImage)
WHERE other.key <> $key
RETURN other.key AS key, other.gone_at AS gone_at, coalesce(other.pushed_at, other.first_seen) AS since
ORDER BY key
