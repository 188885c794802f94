MATCH (image:ACRImage {key: $key})<-[:CONCERNS]-(finding:Finding)
RETURN finding.kind AS kind, finding.evidence AS evidence
ORDER BY kind, evidence
