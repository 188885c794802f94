//! title      = "Pipeline run resulted in the registry image"
//! link       = "RESULTED_IN"
//! reads      = ["PRODUCED", "SAME_AS"]
//! confidence = 1.0
//! evidence   = "tag.key"
MATCH (from:PipelineRun)-[:PRODUCED]->(tag:ContainerImageTag)-[:SAME_AS]->(to:ACRImage)
