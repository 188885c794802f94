MATCH (request:MergeRequest {key: $key})
MATCH (request)<-[role:AUTHORED|APPROVED|MERGED]-(user:GitLabUser)
RETURN type(role) AS role, user.username AS username, role.approved_at AS approved_at, role.until AS until
ORDER BY role, username
