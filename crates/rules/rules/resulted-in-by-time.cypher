//! title      = "Image was pushed to the project's repository while the pipeline ran"
//! link       = "RESULTED_IN"
//! reads      = ["RAN_DURING", "SAME_AS"]
//! confidence = 0.4
//! evidence   = "during.evidence"
MATCH (from:PipelineRun)-[during:RAN_DURING]->(tag:ContainerImageTag)-[:SAME_AS]->(to:ACRImage)
