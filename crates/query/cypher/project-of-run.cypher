MATCH (run:PipelineRun {key: $run})<-[:HAS_PIPELINE]-(project:GitLabProject)
RETURN project.path AS path
