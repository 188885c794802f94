MATCH (source:Source)
RETURN source.key AS key
