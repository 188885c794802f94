//! title      = "Pipeline that pushed the same bytes ran on the commit"
//! link       = "BUILT_FROM"
//! reads      = ["RESULTED_IN", "OF_COMMIT"]
//! confidence = 0.95
//! evidence   = "'pipeline ' + run.key + ': ' + coalesce(resulted.evidence, '')"
MATCH (from:ACRImage)<-[resulted:RESULTED_IN]-(run:PipelineRun)-[:OF_COMMIT]->(to:GitCommit)
WHERE resulted.rule = 'resulted-in-by-digest'
