MATCH (own:Finding)
WHERE own.rule = $rule
  AND own.evidence IS NOT NULL AND own.severity IS NOT NULL AND own.since IS NOT NULL
WITH own LIMIT 10000
DETACH DELETE own
