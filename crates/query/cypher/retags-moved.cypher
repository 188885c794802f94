// Every tag that pointed to more than one digest.
MATCH (tag:ImageTag)-[:POINTED_TO]->(manifest:ImageManifest)
WITH tag.key AS tag, count(DISTINCT manifest.key) AS digests
WHERE digests > 1
RETURN tag
ORDER BY tag
