UNWIND $rows AS row
MATCH (node:{{label}} {{{key}}})
MATCH (node)-[names:IDENTIFIES]->(reference:ImageReference)
WHERE names.mapping = $mapping AND names.until IS NULL
RETURN row._id AS id, node.{{image}} AS image, reference.key AS reference
