MATCH (config:ImageConfig {key: $digest})<-[:HAS_CONFIG]-(manifest:ImageManifest)
RETURN manifest.key AS digest
ORDER BY digest
