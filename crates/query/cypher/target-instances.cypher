MATCH (source:Source)
WHERE source.key STARTS WITH 'gitlab|'
RETURN source.scope AS scope
ORDER BY scope
