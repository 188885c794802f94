UNWIND $rows AS row
MATCH (n:{{label}} {key: row.key})
RETURN n.key AS key, properties(n) AS props
