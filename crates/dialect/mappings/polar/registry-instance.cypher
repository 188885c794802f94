//! title       = "References that were resolved to an artifact"
//! observation = "registry_image"
//! labels      = ["ContainerImage", "OCIArtifact"]
//! convert     = { uri = "split_image" }
MATCH (image:ContainerImage)-[:INSTANCE_OF]->(artifact:OCIArtifact)
WHERE image.normalized IS NOT NULL AND NOT image.normalized CONTAINS '@'
RETURN image.normalized AS uri, artifact.digest AS digest
