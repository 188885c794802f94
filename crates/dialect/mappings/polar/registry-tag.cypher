//! title       = "Tags in a GitLab's registry"
//! observation = "registry_image"
//! labels      = ["ContainerRepositoryTag"]
//! convert     = { location = "split_tagged" }
MATCH (tag:ContainerRepositoryTag)
RETURN tag.location AS location, tag.digest AS digest
