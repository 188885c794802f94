MATCH (config:ImageConfig {key: $digest})
MATCH (config)<-[:HAS_CONFIG]-(manifest:ImageManifest)
RETURN manifest.key AS digest
ORDER BY digest
