//! title       = "Packages of a project, and the pipelines that published them"
//! observation = "gitlab_package"
//! labels      = ["GitlabProject", "GitlabPackage"]
//! convert     = { instance = "instance", project = "text", id = "id", name = "text", version = "text", package_type = "lower", pipeline = "id" }
MATCH (project:GitlabProject)-[:HAS_PACKAGE]->(package:GitlabPackage)
OPTIONAL MATCH (pipeline:GitlabPipeline)-[:PRODUCED]->(package)
RETURN project.instance_id AS instance, project.full_path AS project, package.package_id AS id,
       package.name AS name, package.version AS version, package.package_type AS package_type,
       pipeline.pipeline_id AS pipeline
