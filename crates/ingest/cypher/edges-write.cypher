UNWIND $rows AS row
MATCH (narrow:{{narrow}} {key: row.narrow})
USING INDEX SEEK narrow:{{narrow}}(key)
MATCH (wide:{{wide}} {key: row.wide})
USING INDEX SEEK wide:{{wide}}(key)
{{make}} (narrow){{tail}}[edge:{{edge}}]{{head}}(wide)
SET edge += row.props
