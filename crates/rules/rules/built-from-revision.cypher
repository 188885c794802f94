//! title      = "Image's labels name the commit"
//! link       = "BUILT_FROM"
//! reads      = ["HAS_MANIFEST", "CLAIMS", "OF_COMMIT", "BROUGHT"]
//! confidence = 0.8
//! evidence   = "'org.opencontainers.image.revision of ' + manifest.key"
//
// Labels are inherited from the base image: only a commit that GitLab has, in a pipeline or a merge
// request, can be the image's own.
MATCH (from:ACRImage)-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)-[:CLAIMS]->(to:GitCommit)
WHERE EXISTS { (to)<-[:OF_COMMIT]-(:PipelineRun) } OR EXISTS { (to)<-[:BROUGHT]-(:MergeRequest) }
