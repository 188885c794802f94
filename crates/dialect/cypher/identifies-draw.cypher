UNWIND $rows AS row
MATCH (node:{{label}} {{{key}}})
MATCH (reference:ImageReference {key: row._reference})
MERGE (node)-[names:IDENTIFIES {mapping: $mapping}]->(reference)
SET names.until = null
