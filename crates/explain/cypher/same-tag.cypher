MATCH (other:{{label}} {repository: $repository})
WHERE other.registry = $registry AND toLower(other.tag) = $tag
RETURN labels(other)[0] AS label, other.key AS key, other.tag AS tag, other.digest AS digest,
       other.gone_at AS gone_at
ORDER BY key LIMIT 50
