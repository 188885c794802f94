//! title       = "GitLab projects"
//! observation = "gitlab_project"
//! labels      = ["GitlabProject"]
//! convert     = { instance = "instance", path = "text" }
MATCH (project:GitlabProject)
WHERE project.full_path IS NOT NULL
RETURN project.instance_id AS instance, project.full_path AS path
