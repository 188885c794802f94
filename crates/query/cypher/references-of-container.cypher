MATCH (container:KubeContainer {key: $key})-[:IDENTIFIES]->(reference:ImageReference)
RETURN reference.normalized AS normalized, reference.uuid AS uuid
