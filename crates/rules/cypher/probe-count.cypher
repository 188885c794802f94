MATCH ({{end}}:{{label}} {key: $key})
MATCH {{pattern}}
RETURN count(DISTINCT {{far}}) AS number
