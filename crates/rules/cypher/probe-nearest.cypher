// Of the matches for which these parts of the condition hold, the first by the keys of its nodes.
MATCH ({{end}}:{{label}} {key: $key})
MATCH {{pattern}}
WHERE {{condition}}
RETURN {{columns}}
ORDER BY {{order}} LIMIT 1
