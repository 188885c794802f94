//! title      = "Pipeline that pushed the digest under the tag"
//! timeline   = "POINTED_TO"
//! reads      = ["PRODUCED", "OF_TAG", "OF_MANIFEST"]
//! at         = []
//! by         = "'pipeline ' + run.key + coalesce(' of ' + run.user, '')"
//! confidence = 1.0
//! evidence   = "run.key"
//
// It says who, whatever says when.
MATCH (run:PipelineRun)-[:PRODUCED]->(pushed:ContainerImageTag)-[:OF_TAG]->(from:ImageTag), (pushed)-[:OF_MANIFEST]->(to:ImageManifest)
