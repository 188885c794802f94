//! title       = "Images that a build produced, resolved at their registry"
//! observation = "pipeline_image"
//! labels      = ["BuildJob", "BuildArtifact", "GitlabPipeline", "OCIArtifact"]
//! indexes     = ["GitlabPipeline.sha", "OCIArtifact.digest"]
//! convert     = { instance = "instance", project = "text", pipeline = "id" }
//
// As pipeline-image, for images that are elsewhere.
MATCH (build:BuildJob)-[:PRODUCED]->(artifact:BuildArtifact)
WHERE build.commit_sha <> ''
MATCH (pipeline:GitlabPipeline {sha: build.commit_sha})
WITH build, artifact, collect(DISTINCT pipeline) AS pipelines
WHERE size(pipelines) = 1
WITH artifact, pipelines[0] AS pipeline
MATCH (image:OCIArtifact {digest: artifact.content_hash})
WHERE image.uri IS NOT NULL
MATCH (project:GitlabProject)-[:HAS_PIPELINE]->(pipeline)
RETURN DISTINCT pipeline.instance_id AS instance, project.full_path AS project,
       pipeline.pipeline_id AS pipeline, image.uri AS image, image.digest AS digest
