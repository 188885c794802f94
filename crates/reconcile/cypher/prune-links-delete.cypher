MATCH ()-[own]->()
WHERE own.rule = $rule
  AND own.evidence IS NOT NULL AND own.confidence IS NOT NULL AND own.first_seen IS NOT NULL
WITH own LIMIT 10000
DELETE own
