//! title      = "Pipeline pushed the same bytes under another name"
//! link       = "RESULTED_IN"
//! reads      = ["PRODUCED", "OF_MANIFEST", "HAS_MANIFEST", "SAME_AS"]
//! confidence = 0.95
//! evidence   = "tag.key"
//
// A promoted or mirrored copy, another tag of the image, or an index of what the pipeline pushed.
MATCH (from:PipelineRun)-[:PRODUCED]->(tag:ContainerImageTag)-[:OF_MANIFEST]->(:ImageManifest)<-[:HAS_MANIFEST*1..2]-(to:ACRImage)
WHERE NOT EXISTS { (tag)-[:SAME_AS]->(to) }
