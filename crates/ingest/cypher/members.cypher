MATCH {{path}}(node:{{label}})
WHERE node.gone_at IS NULL
RETURN node.key AS key
