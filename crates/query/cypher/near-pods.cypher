MATCH (pod:KubePod)
WHERE pod.name STARTS WITH $prefix
RETURN pod.cluster AS cluster, pod.namespace AS namespace, pod.name AS name
ORDER BY cluster, namespace, name LIMIT 50
