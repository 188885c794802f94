UNWIND $rows AS row
MATCH (n:{{label}} {key: row.key})
USING INDEX SEEK n:{{label}}(key)
RETURN n.key AS key, properties(n) AS props
