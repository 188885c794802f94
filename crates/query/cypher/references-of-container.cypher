MATCH (container:KubeContainer {key: $key})-[names:IDENTIFIES]->(reference:ImageReference)
WHERE names.until IS NULL
RETURN reference.normalized AS normalized, reference.uuid AS uuid
