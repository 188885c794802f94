//! title      = "Container without a reported digest runs the image of its reference"
//! link       = "RUNS"
//! reads      = ["IDENTIFIES", "REPORTS_CONFIG", "HAS_CONFIG"]
//! confidence = 0.5
//! evidence   = "ref.normalized"
//
// Only the name is known: each digest the tag ever had is a candidate, hence the low confidence.
MATCH (from:KubeContainer)-[names:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)
WHERE names.until IS NULL AND from.digest IS NULL
  AND NOT EXISTS { (from)-[:REPORTS_CONFIG]->(:ImageConfig)<-[:HAS_CONFIG]-(:ImageManifest) }
