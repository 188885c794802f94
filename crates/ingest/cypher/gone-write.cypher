UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
SET node.gone_at = $gone_at
