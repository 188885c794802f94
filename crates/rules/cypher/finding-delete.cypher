UNWIND $rows AS row
MATCH (own:Finding {key: row.source})
WHERE own.rule = $rule
DETACH DELETE own
