// Two clauses, so that the store walks from the narrow end, whatever it counts.
UNWIND $rows AS row
MATCH (narrow:{{narrow}} {key: row.narrow})
MATCH (narrow){{tail}}[edge:{{edge}}]{{head}}(wide:{{wide}} {key: row.wide})
RETURN row.at AS at, properties(edge) AS props
