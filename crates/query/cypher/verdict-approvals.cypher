MATCH (request:MergeRequest {key: $request})<-[approved:APPROVED]-(user:GitLabUser)
WHERE approved.until IS NULL
RETURN user.username AS username
ORDER BY username
