MATCH (tag:ImageTag {key: $tag})-[points:POINTED_TO]->(manifest:ImageManifest)
WHERE points.until IS NULL
RETURN manifest.key AS digest, points.from AS begins
ORDER BY begins DESC, digest
