MATCH (container:KubeContainer {repository: $repository})
WHERE container.registry = $registry AND coalesce(container.gone_at, $never) > $at
RETURN container.key AS container, container.digest AS digest
ORDER BY container
