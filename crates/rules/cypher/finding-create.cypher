UNWIND $rows AS row
MATCH {{subject_row}}
MERGE (own:Finding {key: row.finding})
ON CREATE SET own.rule = $rule, own.kind = $kind, own.severity = $severity,
              own.evidence = row.evidence, own.since = $now
ON MATCH SET own.evidence = CASE WHEN row.evidence < own.evidence THEN row.evidence ELSE own.evidence END
MERGE (own)-[:CONCERNS]->(subject)
