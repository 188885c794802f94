MATCH (node:{{label}} {key: $key})
RETURN labels(node)[0] AS label, node.key AS key
