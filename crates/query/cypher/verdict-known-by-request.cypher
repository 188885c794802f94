UNWIND $rows AS row
MATCH (commit:GitCommit {key: row.key})
MATCH (commit)<-[:BROUGHT]-(request:MergeRequest)
RETURN DISTINCT commit.key AS commit, split(request.key, '/')[0] AS instance
ORDER BY commit, instance
