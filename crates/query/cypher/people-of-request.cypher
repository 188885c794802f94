MATCH (request:MergeRequest {key: $key})<-[role:AUTHORED|APPROVED|MERGED]-(user:GitLabUser)
WHERE role.until IS NULL
RETURN type(role) AS role, user.username AS username
ORDER BY role, username
