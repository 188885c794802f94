//! title      = "Pipeline ran on the commit that an attestation of the image names"
//! link       = "RESULTED_IN"
//! reads      = ["OF_COMMIT", "CLAIMS", "ATTESTS", "HAS_MANIFEST"]
//! confidence = 0.9
//! evidence   = "'attestation ' + attestation.key"
//
// Other pipelines of the same commit match as well.
MATCH (from:PipelineRun)-[:OF_COMMIT]->(:GitCommit)<-[:CLAIMS]-(attestation:Attestation)-[:ATTESTS]->(:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
WHERE attestation.gone_at IS NULL
