MATCH (manifest:ImageManifest)
WHERE manifest.media_type IS NOT NULL AND manifest.config_digest IS NOT NULL
RETURN manifest.key AS digest
