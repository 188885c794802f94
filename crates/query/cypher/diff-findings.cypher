MATCH (finding:Finding)-[:CONCERNS]->(subject)
WITH finding, subject, finding.since AS found_at, $since AS since, $until AS until
WHERE found_at >= since AND found_at < until
RETURN finding.kind AS kind, finding.evidence AS evidence, found_at,
       labels(subject)[0] AS label, subject.key AS subject
ORDER BY kind, subject
