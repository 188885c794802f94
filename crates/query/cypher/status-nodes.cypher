MATCH (node:{{label}})
RETURN count(node) AS number, count(node.gone_at) AS gone
