UNWIND $rows AS row
MATCH (tag:ImageTag {key: row.key})
MATCH (tag)<-[names:OF_TAG]-(container:KubeContainer)
WHERE coalesce(names.until, $never) > $at
RETURN tag.key AS tag, container.key AS container
ORDER BY tag, container
