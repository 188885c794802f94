MATCH (node:{{label}} {key: $key})
RETURN node.registry AS registry, node.repository AS repository, node.tag AS tag,
       node.digest AS digest, node.image AS image,
       coalesce(node.pushed_at, node.first_seen) AS seen_at
