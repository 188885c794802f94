MATCH (project:GitLabProject)
RETURN project.key AS key
