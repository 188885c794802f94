MATCH (instance:GitlabInstance)
WHERE instance.base_url IS NOT NULL
RETURN instance.id AS id, instance.base_url AS address
