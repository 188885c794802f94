MATCH ()-[own]->()
WHERE own.rule IS NOT NULL AND NOT own.rule IN $rules
  AND own.evidence IS NOT NULL AND own.confidence IS NOT NULL AND own.first_seen IS NOT NULL
RETURN own.rule AS rule, count(own) AS number
