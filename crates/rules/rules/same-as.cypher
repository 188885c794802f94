//! title      = "Tag and registry image are the same artifact"
//! link       = "SAME_AS"
//! reads      = ["IDENTIFIES"]
//! confidence = 1.0
//! evidence   = "ref.normalized"
//
// The join key is lower case but tags are case-sensitive: the exact tags must agree, and two known
// digests must not differ. A tag whose digest nobody reported matches every image of that tag.
MATCH (from:ContainerImageTag)-[:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)
WHERE from.tag = to.tag
  AND (from.digest IS NULL OR to.digest IS NULL OR from.digest = to.digest)
