MATCH ({{end}}:{{label}} {key: $key})
MATCH {{edge}}
WHERE own.rule = $rule
RETURN labels({{other}})[0] AS label, {{other}}.key AS key, own.evidence AS evidence,
       own.confidence AS confidence, own.first_seen AS first_seen, own.from AS begins,
       own.until AS until, own.produced_by AS produced_by
ORDER BY confidence DESC, key, begins LIMIT 50
