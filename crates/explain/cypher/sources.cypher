MATCH (source:Source {kind: $kind})
WHERE source.scope STARTS WITH $scope
RETURN source.scope AS scope, source.complete_at AS complete_at
ORDER BY scope
