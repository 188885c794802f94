MATCH (manifest:ImageManifest {key: $digest})
MATCH (manifest)<-[:POINTED_TO]-(tag:ImageTag)
RETURN DISTINCT tag.key AS tag
ORDER BY tag
