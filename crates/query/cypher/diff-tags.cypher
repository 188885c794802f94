MATCH (tag:ImageTag)-[points:POINTED_TO]->(manifest:ImageManifest)
WITH tag, manifest, points.from AS begins, points.until AS closes, points.produced_by AS produced_by,
     $since AS since, $until AS until
WHERE (begins >= since AND begins < until) OR (closes >= since AND closes < until)
RETURN tag.key AS tag, manifest.key AS digest, begins, closes, produced_by
ORDER BY tag, begins, digest
