//! title      = "Image was pushed while the pipeline ran on the commit that its labels name"
//! link       = "RESULTED_IN"
//! reads      = ["HAS_MANIFEST", "CLAIMS", "OF_COMMIT"]
//! confidence = 0.85
//! evidence   = "'org.opencontainers.image.revision ' + commit.oid + ', pushed at ' + left(toString(to.pushed_at), 16) + 'Z'"
//
// Of several pipelines of the commit, the one that ran then.
MATCH (from:PipelineRun)-[:OF_COMMIT]->(commit:GitCommit)<-[:CLAIMS]-(:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
WHERE from.created_at <= to.pushed_at AND to.pushed_at <= from.finished_at
