UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})-[:IDENTIFIES]->(reference:ImageReference)
SET reference.touched_at = $now
