MATCH (node:{{label}} {key: $key})
RETURN node.key AS key
