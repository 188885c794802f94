//! title      = "Container without a reported digest runs the image of its reference"
//! link       = "RUNS"
//! reads      = ["IDENTIFIES"]
//! anchor     = "ref"
//! confidence = 0.5
//! evidence   = "ref.normalized"
//
// Only the name is known: each digest the tag ever had is a candidate, hence the low confidence.
MATCH (from:KubeContainer)-[:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)
WHERE from.digest IS NULL
