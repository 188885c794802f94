MATCH ({{end}}:{{label}} {key: $key})
MATCH {{pattern}}
RETURN DISTINCT labels({{far}})[0] AS label, {{far}}.key AS key
ORDER BY label, key LIMIT 3
