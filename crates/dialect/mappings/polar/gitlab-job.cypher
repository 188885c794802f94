//! title       = "Jobs of a pipeline"
//! observation = "gitlab_job"
//! labels      = ["GitlabProject", "GitlabPipeline", "GitlabJob"]
//! convert     = { instance = "instance", project = "text", pipeline = "id", id = "id", name = "text", status = "lower" }
MATCH (project:GitlabProject)-[:HAS_PIPELINE]->(pipeline:GitlabPipeline)
MATCH (pipeline)-[:HAS_JOB]->(job:GitlabJob)
RETURN job.instance_id AS instance, project.full_path AS project, pipeline.pipeline_id AS pipeline,
       job.job_id AS id, job.name AS name, job.status AS status
