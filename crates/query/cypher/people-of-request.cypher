MATCH (request:MergeRequest {key: $key})<-[role:AUTHORED|APPROVED|MERGED]-(user:GitLabUser)
RETURN type(role) AS role, user.username AS username
ORDER BY role, username
