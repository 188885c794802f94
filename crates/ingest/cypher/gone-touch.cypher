MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
MATCH (node)-[:IDENTIFIES]->(reference:ImageReference)
SET reference.touched_at = $now, reference.change = log.last
