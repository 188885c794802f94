MATCH (container:KubeContainer {key: $key})
MATCH (container)-[names:IDENTIFIES]->(reference:ImageReference)
RETURN reference.key AS key, names.until AS until
ORDER BY key
