MATCH (commit:GitCommit {key: $commit})<-[brought:BROUGHT]-(request:MergeRequest)
WHERE request.state = 'merged' AND brought.until IS NULL
RETURN request.key AS request, request.author AS author
ORDER BY request
