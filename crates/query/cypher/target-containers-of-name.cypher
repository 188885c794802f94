MATCH (container:KubeContainer {repository: $repository})
WHERE container.registry = $registry
RETURN container.key AS key
LIMIT 1
