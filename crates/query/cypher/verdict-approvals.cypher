UNWIND $rows AS row
MATCH (request:MergeRequest {key: row.key})
MATCH (request)<-[approved:APPROVED]-(user:GitLabUser)
WHERE approved.until IS NULL
RETURN DISTINCT request.key AS request, user.username AS username
ORDER BY request, username
