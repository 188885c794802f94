MATCH (image:ACRImage {key: $key})
MATCH (image)-[:HAS_MANIFEST]->(parent:ImageManifest)
MATCH (parent)-[:HAS_MANIFEST]->(manifest:ImageManifest)
RETURN manifest.key AS digest, manifest.platform AS platform
ORDER BY platform, digest
