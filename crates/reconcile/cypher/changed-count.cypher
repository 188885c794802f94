MATCH (node:{{label}})
WHERE node.change > $since
RETURN count(node) AS number
