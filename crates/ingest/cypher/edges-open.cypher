UNWIND $rows AS row
MATCH (node:{{node}} {key: row.key})
USING INDEX SEEK node:{{node}}(key)
MATCH (node){{tail}}[edge:{{edge}}]{{head}}(other:{{other}})
WHERE edge.until IS NULL{{unnamed}}
RETURN row.key AS key, other.key AS other
