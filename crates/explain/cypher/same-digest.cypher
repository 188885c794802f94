MATCH (manifest:ImageManifest {key: $digest})
MATCH (manifest)<-[:HAS_MANIFEST*1..2]-(other:ACRImage)
WHERE other.registry <> $registry OR other.repository <> $repository
RETURN DISTINCT labels(other)[0] AS label, other.key AS key, other.registry AS registry,
       other.repository AS repository
ORDER BY key LIMIT 50
