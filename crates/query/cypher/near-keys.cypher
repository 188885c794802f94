MATCH (node:{{label}})
WHERE node.key STARTS WITH $prefix
RETURN labels(node)[0] AS label, node.key AS key
ORDER BY key LIMIT 50
