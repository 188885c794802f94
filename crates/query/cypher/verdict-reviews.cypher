MATCH (request:MergeRequest {key: $request})<-[:REVIEWED]-(user:GitLabUser)
RETURN user.username AS username
ORDER BY username
