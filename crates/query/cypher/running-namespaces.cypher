MATCH (space:KubeNamespace)
RETURN space.key AS key
ORDER BY key
