MATCH (image:ACRImage {key: $key})
MATCH (image)-[built:BUILT_FROM]->(commit:GitCommit)
RETURN commit.key AS key, built.rule AS rule, built.evidence AS evidence, built.confidence AS confidence,
       built.first_seen AS known, commit.committed_at AS committed_at
ORDER BY key, rule
