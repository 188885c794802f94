//! title       = "Pipelines of a project"
//! observation = "gitlab_pipeline"
//! labels      = ["GitlabProject", "GitlabPipeline"]
//! convert     = { instance = "instance", project = "text", id = "id", sha = "text", source = "text", created_at = "time", finished_at = "time" }
MATCH (project:GitlabProject)-[:HAS_PIPELINE]->(pipeline:GitlabPipeline)
RETURN pipeline.instance_id AS instance, project.full_path AS project, pipeline.pipeline_id AS id,
       pipeline.sha AS sha, pipeline.source AS source, pipeline.created_at AS created_at,
       pipeline.finished_at AS finished_at
