MATCH (own:Finding)
WHERE own.rule IS NOT NULL AND NOT own.rule IN $rules
  AND own.evidence IS NOT NULL AND own.severity IS NOT NULL AND own.since IS NOT NULL
RETURN own.rule AS rule, count(own) AS number
