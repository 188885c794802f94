UNWIND $rows AS row
MATCH (request:MergeRequest {key: row.key})
MATCH (request)<-[:REVIEWED]-(user:GitLabUser)
RETURN DISTINCT request.key AS request, user.username AS username
ORDER BY request, username
