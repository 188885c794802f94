//! title      = "Pipeline pushed the digest under the tag"
//! timeline   = "POINTED_TO"
//! reads      = ["PRODUCED", "OF_TAG", "OF_MANIFEST"]
//! at         = ["run.finished_at"]
//! confidence = 0.9
//! evidence   = "run.key"
//
// It was there no later than at the run's end. Where the registry tells about this digest, or about
// one that was there before the run's end and still is, its word counts.
MATCH (run:PipelineRun)-[:PRODUCED]->(pushed:ContainerImageTag)-[:OF_TAG]->(from:ImageTag), (pushed)-[:OF_MANIFEST]->(to:ImageManifest)
WHERE NOT EXISTS { (from)<-[:OF_TAG]-(image:ACRImage) WHERE image.digest = to.digest AND coalesce(image.pushed_at, image.first_seen) IS NOT NULL }
  AND NOT EXISTS { (from)<-[:OF_TAG]-(image:ACRImage) WHERE image.gone_at IS NULL AND coalesce(image.pushed_at, image.first_seen) <= run.finished_at }
