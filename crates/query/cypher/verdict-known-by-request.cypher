MATCH (commit:GitCommit {key: $commit})<-[:BROUGHT]-(request:MergeRequest)
WHERE request.key STARTS WITH $prefix
RETURN request.key AS key
LIMIT 1
