MATCH (commit:GitCommit {key: $oid})<-[brought:BROUGHT]-(request:MergeRequest)
WHERE brought.until IS NULL
RETURN request.key AS key, request.iid AS iid, request.title AS title, request.state AS state
ORDER BY key
