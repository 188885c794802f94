UNWIND $rows AS row
MATCH (commit:GitCommit {key: row.key})
MATCH (commit)<-[:OF_COMMIT]-(run:PipelineRun)
RETURN DISTINCT commit.key AS commit, split(run.key, '/')[0] AS instance
ORDER BY commit, instance
