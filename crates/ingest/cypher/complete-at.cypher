MATCH (source:Source {key: $key})
RETURN source.complete_at AS complete_at
