//! title      = "Attestation says which pipeline built the image"
//! link       = "RESULTED_IN"
//! reads      = ["CLAIMS", "ATTESTS", "HAS_MANIFEST"]
//! confidence = 1.0
//! evidence   = "'attestation ' + attestation.key"
MATCH (from:PipelineRun)<-[:CLAIMS]-(attestation:Attestation)-[:ATTESTS]->(:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
WHERE attestation.gone_at IS NULL
