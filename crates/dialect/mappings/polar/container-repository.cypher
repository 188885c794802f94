//! title       = "Repositories for images of a project"
//! observation = "container_repository"
//! labels      = ["GitlabProject", "GitlabContainerRepository"]
//! convert     = { instance = "instance", project = "text", location = "split_repository" }
MATCH (repository:GitlabContainerRepository)-[:BELONGS_TO]->(project:GitlabProject)
WHERE repository.location IS NOT NULL
RETURN project.instance_id AS instance, project.full_path AS project,
       repository.location AS location
