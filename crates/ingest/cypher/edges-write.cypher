UNWIND $rows AS row
MATCH (narrow:{{narrow}} {key: row.narrow})
MATCH (wide:{{wide}} {key: row.wide})
MERGE (narrow){{tail}}[edge:{{edge}}]{{head}}(wide)
SET edge += row.props
