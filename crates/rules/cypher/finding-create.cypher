UNWIND $rows AS row
MATCH {{subject_row}}
MERGE (own:Finding {key: row.finding})
ON CREATE SET own.rule = $rule, own.kind = $kind, own.severity = $severity,
              own.evidence = row.evidence, own.since = $now
MERGE (own)-[:CONCERNS]->(subject)
