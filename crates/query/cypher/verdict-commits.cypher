UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)-[built:BUILT_FROM]->(commit:GitCommit)
RETURN DISTINCT image.key AS image, commit.key AS commit, built.confidence AS confidence
ORDER BY image, confidence DESC, commit
