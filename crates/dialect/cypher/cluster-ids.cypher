MATCH (namespace:Namespace)
WHERE namespace.cluster_uid IS NOT NULL
RETURN DISTINCT namespace.cluster_uid AS id
