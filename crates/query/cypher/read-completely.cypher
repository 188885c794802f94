MATCH (source:Source {kind: $kind})
WHERE source.complete_at IS NOT NULL
RETURN source.scope AS scope, source.complete_at AS complete_at
ORDER BY scope
