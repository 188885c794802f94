MATCH (run:PipelineRun {key: $key})
MATCH (run)<-[:HAS_PIPELINE]-(project:GitLabProject)
RETURN project.path AS path
ORDER BY path
