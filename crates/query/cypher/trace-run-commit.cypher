MATCH (run:PipelineRun {key: $key})
MATCH (run)-[:OF_COMMIT]->(commit:GitCommit)
RETURN commit.key AS key
ORDER BY key
