MATCH (finding:Finding)-[:CONCERNS]->(subject)
RETURN finding.kind AS kind, finding.severity AS severity, finding.rule AS rule,
       finding.evidence AS evidence, finding.since AS since, labels(subject)[0] AS label,
       subject.key AS subject
ORDER BY kind, subject
