// Those read as a whole.
MATCH (source:Source)
WHERE source.key STARTS WITH 'gitlab|' AND NOT source.scope CONTAINS '/' AND source.complete_at IS NOT NULL
RETURN source.scope AS scope, source.complete_at AS complete_at
ORDER BY scope
