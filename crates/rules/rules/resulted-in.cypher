//! title      = "Pipeline run resulted in the registry image"
//! link       = "RESULTED_IN"
//! reads      = ["PRODUCED", "SAME_AS", "OF_TAG"]
//! confidence = 1.0
//! evidence   = "tag.key"
//
// Where the job did not tell the digest, only if the tag never had two: no other image is of it.
MATCH (from:PipelineRun)-[:PRODUCED]->(tag:ContainerImageTag)-[:SAME_AS]->(to:ACRImage)
WHERE tag.digest IS NOT NULL
   OR NOT EXISTS { (to)-[:OF_TAG]->(:ImageTag)<-[:OF_TAG]-(:ACRImage) }
