MATCH (container:KubeContainer {key: $key})
MATCH (container)-[names:OF_TAG]->(tag:ImageTag)
RETURN tag.key AS key, names.until AS until
ORDER BY key
