//! title      = "Pipeline that reported the image, or is attested for it, ran on the commit"
//! link       = "BUILT_FROM"
//! reads      = ["RESULTED_IN", "OF_COMMIT"]
//! confidence = 1.0
//! evidence   = "'pipeline ' + run.key"
MATCH (from:ACRImage)<-[resulted:RESULTED_IN]-(run:PipelineRun)-[:OF_COMMIT]->(to:GitCommit)
WHERE resulted.rule IN ['resulted-in', 'resulted-in-by-attested-job', 'resulted-in-by-attested-pipeline']
