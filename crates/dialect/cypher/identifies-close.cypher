MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MATCH (node:{{label}} {{{key}}})
MATCH (node)-[names:IDENTIFIES]->(reference:ImageReference {key: row._reference})
WHERE names.mapping = $mapping
SET names.until = $now, reference.touched_at = $now, reference.change = log.last
