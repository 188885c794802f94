//! title      = "Container runs the bytes of an image under another name"
//! link       = "RUNS"
//! reads      = ["IDENTIFIES", "HAS_MANIFEST", "REPORTS"]
//! confidence = 0.9
//! evidence   = "manifest.key"
//
// A mirror or a copy that no alias names, and that no registry told of under the container's own name.
MATCH (from:KubeContainer)-[reports:REPORTS]->(manifest:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
WHERE reports.until IS NULL
  AND NOT EXISTS { (manifest)<-[:HAS_MANIFEST*1..2]-(:ACRImage)-[:IDENTIFIES]->(:ImageReference)<-[names:IDENTIFIES]-(from) WHERE names.until IS NULL }
