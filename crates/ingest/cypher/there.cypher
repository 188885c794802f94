UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
WHERE node.gone_at IS NULL
RETURN node.key AS key
