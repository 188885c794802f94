MATCH (own:Finding)
WHERE own.rule = $rule
RETURN count(own) AS holding
