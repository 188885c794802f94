//! title         = "Container was started under the tag with the digest"
//! timeline      = "POINTED_TO"
//! reads         = ["HAS_CONTAINER", "OF_TAG", "REPORTS", "HAS_MANIFEST"]
//! at            = ["pod.started_at"]
//! before_others = true
//! confidence    = 0.5
//! evidence      = "container.key"
//
// A node may run what it pulled long ago: this counts only for the time before anybody else tells
// about the tag, and never for a platform's manifest of an image that the registry has.
MATCH (pod:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[names:OF_TAG]->(from:ImageTag), (container)-[reports:REPORTS]->(to:ImageManifest)
WHERE names.until IS NULL AND reports.until IS NULL
  AND NOT EXISTS { (from)<-[:OF_TAG]-(:ACRImage)-[:HAS_MANIFEST*1..2]->(to) }
