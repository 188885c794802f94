MATCH (reference:ImageReference {key: $key})
MATCH (reference)<-[names:IDENTIFIES]-(node)
RETURN labels(node)[0] AS label, node.key AS key, names.until AS until
ORDER BY label, key LIMIT 50
