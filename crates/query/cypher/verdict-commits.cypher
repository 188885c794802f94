MATCH (image:ACRImage {key: $key})-[built:BUILT_FROM]->(commit:GitCommit)
RETURN DISTINCT commit.key AS commit, built.confidence AS confidence
ORDER BY confidence DESC, commit
