// Two clauses, so that the embedded store walks from the narrow end, whatever it counts.
UNWIND $rows AS row
MATCH (narrow:{{narrow}} {key: row.narrow})
USING INDEX SEEK narrow:{{narrow}}(key)
MATCH (narrow){{tail}}[edge:{{edge}}]{{head}}(wide:{{wide}} {key: row.wide})
RETURN row.narrow AS narrow, row.wide AS wide, properties(edge) AS props
