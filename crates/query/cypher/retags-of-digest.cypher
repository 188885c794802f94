MATCH (manifest:ImageManifest {key: $digest})<-[:POINTED_TO]-(tag:ImageTag)
RETURN DISTINCT tag.key AS tag
ORDER BY tag
