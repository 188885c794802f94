MATCH (run:PipelineRun {key: $run})-[:OF_COMMIT]->(commit:GitCommit)
RETURN commit.oid AS oid, commit.title AS title, commit.author_name AS author
