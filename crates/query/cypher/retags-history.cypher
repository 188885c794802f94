UNWIND $rows AS row
MATCH (tag:ImageTag {key: row.key})
MATCH (tag)-[pointed:POINTED_TO]->(manifest:ImageManifest)
RETURN tag.key AS tag, manifest.key AS digest, pointed.from AS begins, pointed.until AS until,
       pointed.produced_by AS produced_by, pointed.rule AS rule, pointed.evidence AS evidence,
       pointed.confidence AS confidence
ORDER BY tag, begins, digest
