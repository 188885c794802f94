MATCH (commit:GitCommit {key: $key})
MATCH (commit)<-[brought:BROUGHT]-(request:MergeRequest)
RETURN request.key AS key, request.title AS title, request.state AS state, request.merged_at AS merged_at,
       request.web_url AS web_url, brought.as AS as_what, brought.until AS until
ORDER BY key
