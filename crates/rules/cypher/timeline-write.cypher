UNWIND $rows AS row
MATCH {{from_row}}
MATCH {{to_row}}
MERGE (from)-[own:{{link}} {rule: row.rule, from: row.begins}]->(to)
ON CREATE SET own.first_seen = $now
SET own.until = row.until, own.produced_by = row.produced_by, own.evidence = row.evidence,
    own.confidence = row.confidence
