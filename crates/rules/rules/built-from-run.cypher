//! title      = "Pipeline that reported the image ran on the commit"
//! link       = "BUILT_FROM"
//! reads      = ["RESULTED_IN", "OF_COMMIT"]
//! confidence = 1.0
//! evidence   = "'pipeline ' + run.key"
MATCH (from:ACRImage)<-[resulted:RESULTED_IN]-(run:PipelineRun)-[:OF_COMMIT]->(to:GitCommit)
WHERE resulted.rule = 'resulted-in'
