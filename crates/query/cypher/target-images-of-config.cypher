MATCH (config:ImageConfig {key: $digest})
MATCH (config)<-[:HAS_CONFIG]-(manifest:ImageManifest)<-[:HAS_MANIFEST*1..2]-(image:ACRImage)
RETURN DISTINCT image.key AS key, image.registry AS registry, image.repository AS repository,
       image.tag AS tag, image.digest AS digest
ORDER BY key
