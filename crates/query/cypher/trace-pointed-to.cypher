MATCH (tag:ImageTag {key: $key})
MATCH (tag)-[pointed:POINTED_TO]->(manifest:ImageManifest)
RETURN manifest.key AS digest, pointed.from AS begun, pointed.until AS ended, pointed.produced_by AS produced_by,
       pointed.rule AS rule, pointed.evidence AS evidence, pointed.confidence AS confidence, pointed.first_seen AS known
ORDER BY begun, digest
