MATCH (commit:GitCommit)
WHERE commit.key STARTS WITH $prefix
RETURN commit.key AS key
ORDER BY key LIMIT 21
