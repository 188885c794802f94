//! title       = "Images that a build produced, held by a GitLab's registry"
//! observation = "pipeline_image"
//! labels      = ["BuildJob", "BuildArtifact", "GitlabPipeline", "ContainerRepositoryTag"]
//! indexes     = ["GitlabPipeline.sha", "ContainerRepositoryTag.digest"]
//! convert     = { instance = "instance", project = "text", pipeline = "id", image = "tagged" }
//
// A build names its commit, not its pipeline: where several pipelines ran on the commit, nobody
// knows which one it was.
MATCH (build:BuildJob)-[:PRODUCED]->(artifact:BuildArtifact)
WHERE build.commit_sha <> ''
MATCH (pipeline:GitlabPipeline {sha: build.commit_sha})
WITH build, artifact, collect(DISTINCT pipeline) AS pipelines
WHERE size(pipelines) = 1
WITH artifact, pipelines[0] AS pipeline
MATCH (tag:ContainerRepositoryTag {digest: artifact.content_hash})
MATCH (project:GitlabProject)-[:HAS_PIPELINE]->(pipeline)
RETURN DISTINCT pipeline.instance_id AS instance, project.full_path AS project,
       pipeline.pipeline_id AS pipeline, tag.location AS image, tag.digest AS digest
