//! title      = "Pipeline ran on the commit that the image is tagged with"
//! link       = "RESULTED_IN"
//! reads      = ["OF_COMMIT", "BEGINS_WITH", "TAGGED_WITH"]
//! confidence = 0.7
//! evidence   = "'tag ' + to.tag + ' names ' + commit.oid"
//
// CI_COMMIT_SHORT_SHA as a tag, or as a part of one.
MATCH (from:PipelineRun)-[:OF_COMMIT]->(commit:GitCommit)-[:BEGINS_WITH]->(:CommitPrefix)<-[:TAGGED_WITH]-(to:ACRImage)
