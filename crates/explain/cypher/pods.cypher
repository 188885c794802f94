MATCH (pod:KubePod {name: $name})
RETURN pod.cluster AS cluster, pod.namespace AS namespace, pod.key AS key
ORDER BY cluster, namespace, key
