MATCH (image:ACRImage {key: $key})-[:OF_TAG]->(tag:ImageTag)
MATCH (tag)<-[:CONCERNS]-(finding:Finding)
RETURN finding.kind AS kind, finding.evidence AS evidence
ORDER BY kind, evidence
