UNWIND $rows AS row
MATCH (narrow:{{narrow}} {key: row.narrow}){{tail}}[edge:{{edge}}]{{head}}(wide:{{wide}} {key: row.wide})
RETURN row.narrow AS narrow, row.wide AS wide, properties(edge) AS props
