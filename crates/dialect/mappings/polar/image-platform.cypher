//! title       = "Platforms of the manifests in an index"
//! observation = "image_manifest"
//! labels      = ["OCIArtifact"]
//
// Polar keeps the platform where the index does: with the entry. Where two indexes tell it
// differently, one of them is chosen, each time the same.
MATCH (:OCIArtifact)-[entry:HAS_MANIFEST]->(manifest:OCIArtifact)
WHERE entry.platform_os IS NOT NULL AND entry.platform_arch IS NOT NULL
WITH manifest, min(entry.platform_os) AS os, min(entry.platform_arch) AS architecture,
     min(entry.platform_variant) AS variant
RETURN manifest.digest AS digest,
       {os: os, architecture: architecture, variant: variant} AS platform
