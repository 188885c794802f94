//! title      = "Container runs the image whose manifest the cluster reports"
//! link       = "RUNS"
//! reads      = ["IDENTIFIES", "HAS_MANIFEST", "REPORTS"]
//! confidence = 1.0
//! evidence   = "manifest.key"
//
// The cluster reports the digest of the index or of the platform's manifest in it: one or two hops.
MATCH (from:KubeContainer)-[names:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[reports:REPORTS]-(from)
WHERE names.until IS NULL AND reports.until IS NULL
