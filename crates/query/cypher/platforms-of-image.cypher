MATCH (image:ACRImage {key: $key})-[:HAS_MANIFEST]->(parent:ImageManifest)-[:HAS_MANIFEST]->(manifest:ImageManifest)
RETURN manifest.digest AS digest, manifest.platform AS platform
ORDER BY platform, digest
