//! title       = "Tags that were resolved at their registry"
//! observation = "registry_image"
//! labels      = ["OCIArtifact"]
//! convert     = { uri = "split_image" }
//
// A reference by digest names no tag.
MATCH (artifact:OCIArtifact)
WHERE artifact.uri IS NOT NULL AND NOT artifact.uri CONTAINS '@'
RETURN artifact.uri AS uri, artifact.digest AS digest
