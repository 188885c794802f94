MATCH (subject:{{label}} {key: $key})
MATCH (subject)<-[:CONCERNS]-(own:Finding)
WHERE own.rule = $rule
RETURN 'Finding' AS label, own.key AS key, own.evidence AS evidence, own.kind AS kind,
       own.severity AS severity, own.since AS first_seen
ORDER BY key LIMIT 50
