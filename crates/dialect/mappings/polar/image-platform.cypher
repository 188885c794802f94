//! title       = "Platforms of the manifests in an index"
//! observation = "image_manifest"
//! labels      = ["OCIArtifact"]
//
// Polar keeps the platform where the index does: with the entry.
MATCH (:OCIArtifact)-[entry:HAS_MANIFEST]->(manifest:OCIArtifact)
WHERE entry.platform_os IS NOT NULL AND entry.platform_arch IS NOT NULL
RETURN DISTINCT manifest.digest AS digest,
       {os: entry.platform_os, architecture: entry.platform_arch, variant: entry.platform_variant} AS platform
