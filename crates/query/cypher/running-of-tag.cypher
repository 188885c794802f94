MATCH (tag:ImageTag {key: $tag})
MATCH (tag)<-[names:OF_TAG]-(container:KubeContainer)
WHERE coalesce(names.until, $never) > $at
RETURN container.key AS container, container.digest AS digest
ORDER BY container
