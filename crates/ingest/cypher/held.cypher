MATCH {{path}}-[holds:HOLDS]->(artifact:{{label}})
WHERE holds.until IS NULL
RETURN repository.key AS repository, artifact.key AS key
