MATCH (node:ContainerImageTag {key: $key})
MATCH (node)<-[:PRODUCED|RAN_DURING]-(run:PipelineRun)
WHERE run.finished_at IS NOT NULL
RETURN run.finished_at AS seen_at
ORDER BY seen_at LIMIT 1
