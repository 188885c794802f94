MATCH (run:PipelineRun {key: $run})<-[:TRIGGERED]-(user:GitLabUser)
RETURN user.username AS username, user.name AS name
