MATCH (source:Source)
WHERE source.kind = $kind AND source.mark IS NOT NULL
RETURN source.scope AS scope, source.mark AS mark
