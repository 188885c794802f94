MATCH (finding:Finding {kind: $kind})
MATCH (finding)-[:CONCERNS]->(subject)
RETURN subject.key AS subject, finding.evidence AS evidence, finding.since AS since
ORDER BY subject, evidence
