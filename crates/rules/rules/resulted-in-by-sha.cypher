//! title      = "Pipeline ran on the commit that the image is tagged with"
//! link       = "RESULTED_IN"
//! reads      = ["OF_COMMIT"]
//! confidence = 0.7
//! evidence   = "'tag ' + to.tag + ' is short for ' + commit.oid"
//
// CI_COMMIT_SHORT_SHA as a tag, or at the end of one.
MATCH (to:ACRImage), (commit:GitCommit {short_sha: to.short_sha})<-[:OF_COMMIT]-(from:PipelineRun)
