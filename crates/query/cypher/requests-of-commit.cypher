MATCH (commit:GitCommit {key: $oid})<-[:BROUGHT]-(request:MergeRequest)
RETURN request.key AS key, request.iid AS iid, request.title AS title, request.state AS state
ORDER BY key
