MATCH (tag:ImageTag)
WHERE tag.key STARTS WITH $prefix
RETURN tag.key AS tag
ORDER BY tag
