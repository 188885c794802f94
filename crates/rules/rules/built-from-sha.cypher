//! title      = "Image is tagged with the commit's first digits"
//! link       = "BUILT_FROM"
//! reads      = ["TAGGED_WITH", "BEGINS_WITH"]
//! confidence = 0.7
//! evidence   = "'tag ' + from.tag"
MATCH (from:ACRImage)-[:TAGGED_WITH]->(:CommitPrefix)<-[:BEGINS_WITH]-(to:GitCommit)
