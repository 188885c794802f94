UNWIND $rows AS row
MATCH {{from_row}}
MATCH {{to_row}}
MERGE (from)-[own:{{link}} {rule: $rule}]->(to)
ON CREATE SET own.evidence = row.evidence, own.confidence = $confidence, own.first_seen = $now
ON MATCH SET own.evidence = CASE WHEN row.evidence < own.evidence THEN row.evidence ELSE own.evidence END
