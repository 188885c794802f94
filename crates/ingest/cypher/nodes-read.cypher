UNWIND $rows AS row
MATCH (n:{{label}} {key: row.key})
RETURN row.at AS at, properties(n) AS props
