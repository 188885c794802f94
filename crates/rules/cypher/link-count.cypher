MATCH ()-[own:{{link}}]->()
WHERE own.rule = $rule
RETURN count(own) AS holding
