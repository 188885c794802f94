//! title       = "Configs of the images that a GitLab's registry holds"
//! observation = "image_manifest"
//! labels      = ["ContainerRepositoryTag"]
//
// GitLab's revision of a tag is the digest of its config, without the algorithm.
MATCH (tag:ContainerRepositoryTag)
WHERE size(tag.revision) = 64
RETURN DISTINCT tag.digest AS digest, 'sha256:' + tag.revision AS config_digest
