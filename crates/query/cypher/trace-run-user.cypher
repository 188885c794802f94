MATCH (run:PipelineRun {key: $key})
MATCH (run)<-[:TRIGGERED]-(user:GitLabUser)
RETURN user.username AS username
ORDER BY username
