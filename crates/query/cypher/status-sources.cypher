MATCH (source:Source)
RETURN source.kind AS kind, source.scope AS scope, source.complete_at AS complete_at
ORDER BY kind, scope
