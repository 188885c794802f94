UNWIND $rows AS row
MATCH (commit:GitCommit {key: row.key})
MATCH (commit)<-[brought:BROUGHT]-(request:MergeRequest)
WHERE request.state = 'merged' AND brought.until IS NULL
RETURN DISTINCT commit.key AS commit, request.key AS request, request.author AS author
ORDER BY commit, request
