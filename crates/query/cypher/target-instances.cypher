MATCH (source:Source {kind: 'gitlab'})
RETURN source.scope AS scope
ORDER BY scope
