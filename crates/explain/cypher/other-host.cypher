MATCH (other:{{label}} {repository: $repository})
WHERE other.registry <> $registry AND (other.tag = $tag OR other.digest = $digest)
RETURN labels(other)[0] AS label, other.key AS key, other.registry AS registry,
       other.repository AS repository
ORDER BY key LIMIT 50
