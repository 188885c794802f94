//! title      = "Image was pushed while the pipeline ran on the commit that it is tagged with"
//! link       = "RESULTED_IN"
//! reads      = ["OF_COMMIT", "BEGINS_WITH", "TAGGED_WITH"]
//! confidence = 0.75
//! evidence   = "'tag ' + to.tag + ' names ' + commit.oid + ', pushed at ' + left(toString(to.pushed_at), 16) + 'Z'"
//
// Of several pipelines of the commit, the one that ran then.
MATCH (from:PipelineRun)-[:OF_COMMIT]->(commit:GitCommit)-[:BEGINS_WITH]->(:CommitPrefix)<-[:TAGGED_WITH]-(to:ACRImage)
WHERE from.created_at <= to.pushed_at AND to.pushed_at <= from.finished_at
