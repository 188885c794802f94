//! title      = "Attestation says which commit the image was built from"
//! link       = "BUILT_FROM"
//! reads      = ["HAS_MANIFEST", "ATTESTS", "CLAIMS"]
//! confidence = 1.0
//! evidence   = "'attestation ' + attestation.key"
MATCH (from:ACRImage)-[:HAS_MANIFEST*1..2]->(:ImageManifest)<-[:ATTESTS]-(attestation:Attestation)-[:CLAIMS]->(to:GitCommit)
WHERE attestation.gone_at IS NULL
