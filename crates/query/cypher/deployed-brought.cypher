MATCH (request:MergeRequest {key: $key})
MATCH (request)-[brought:BROUGHT]->(commit:GitCommit)
WHERE brought.until IS NULL
RETURN commit.key AS key, commit.title AS title, commit.author_name AS author, brought.as AS as_what
ORDER BY key
