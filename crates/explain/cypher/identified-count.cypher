MATCH (reference:ImageReference {key: $key})
MATCH (reference)<-[names:IDENTIFIES]-(node)
RETURN count(names) AS number
