//! title      = "Container runs the image whose config the cluster reports"
//! link       = "RUNS"
//! reads      = ["IDENTIFIES", "HAS_MANIFEST", "HAS_CONFIG", "REPORTS_CONFIG"]
//! confidence = 0.95
//! evidence   = "config.key"
//
// Some runtimes report the digest of the config, which the manifests of several images can share:
// the name must agree too.
MATCH (from:KubeContainer)-[names:IDENTIFIES]->(ref:ImageReference)<-[:IDENTIFIES]-(to:ACRImage)-[:HAS_MANIFEST*1..2]->(:ImageManifest)-[:HAS_CONFIG]->(config:ImageConfig)<-[reports:REPORTS_CONFIG]-(from)
WHERE names.until IS NULL AND reports.until IS NULL
