UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
RETURN node.key AS key, properties(node) AS properties
