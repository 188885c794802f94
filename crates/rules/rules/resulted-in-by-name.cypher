//! title      = "Pipeline pushed the tag, without telling the digest"
//! link       = "RESULTED_IN"
//! reads      = ["PRODUCED", "SAME_AS", "OF_TAG"]
//! confidence = 0.5
//! evidence   = "tag.key"
//
// The tag had several, another image is of it, too: each is a candidate.
MATCH (from:PipelineRun)-[:PRODUCED]->(tag:ContainerImageTag)-[:SAME_AS]->(to:ACRImage)
WHERE tag.digest IS NULL
  AND EXISTS { (to)-[:OF_TAG]->(:ImageTag)<-[:OF_TAG]-(:ACRImage) }
