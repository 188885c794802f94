MATCH (pod:Pod)
OPTIONAL MATCH (pod)-[:IN_NAMESPACE]->(namespace:Namespace)
WITH pod.uid AS uid, coalesce(pod.cluster_uid, namespace.cluster_uid) AS id
WHERE id IS NOT NULL
RETURN uid, id
