//! title       = "Manifests and indexes"
//! observation = "image_manifest"
//! labels      = ["OCIArtifact"]
//! convert     = { media_type = "text", config_digest = "text" }
MATCH (artifact:OCIArtifact)
OPTIONAL MATCH (artifact)-[:HAS_MANIFEST]->(manifest:OCIArtifact)
WITH artifact, collect(DISTINCT manifest.digest) AS manifests
OPTIONAL MATCH (artifact)-[:REFERS_TO]->(image:ContainerImage)
RETURN artifact.digest AS digest, artifact.media_type AS media_type,
       image.config_digest AS config_digest, manifests
