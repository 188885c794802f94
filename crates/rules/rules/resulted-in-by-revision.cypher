//! title      = "Pipeline ran on the commit that the image's labels name"
//! link       = "RESULTED_IN"
//! reads      = ["HAS_MANIFEST", "CLAIMS", "OF_COMMIT"]
//! confidence = 0.8
//! evidence   = "'org.opencontainers.image.revision ' + commit.oid"
//
// Other pipelines of the same commit match as well.
MATCH (from:PipelineRun)-[:OF_COMMIT]->(commit:GitCommit)<-[:CLAIMS]-(:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
