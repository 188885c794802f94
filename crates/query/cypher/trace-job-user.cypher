MATCH (job:GitLabJob {key: $key})
MATCH (job)<-[:STARTED]-(user:GitLabUser)
RETURN user.username AS username
ORDER BY username
