//! title      = "A tag in a GitLab's registry"
//! identifies = "ContainerRepositoryTag"
//! key        = ["repository_id", "digest"]
//! image      = "location"
//! tagged     = true
//! labels     = ["ContainerRepositoryTag"]
//! indexes    = ["ContainerRepositoryTag.digest"]
MATCH (tag:ContainerRepositoryTag)
RETURN tag.repository_id AS repository_id, tag.digest AS digest, tag.location AS location
