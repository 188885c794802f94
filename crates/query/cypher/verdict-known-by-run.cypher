MATCH (commit:GitCommit {key: $commit})<-[:OF_COMMIT]-(run:PipelineRun)
WHERE run.key STARTS WITH $prefix
RETURN run.key AS key
LIMIT 1
