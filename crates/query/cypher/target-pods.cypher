MATCH (pod:KubePod {name: $name})
RETURN pod.key AS key, pod.cluster AS cluster, pod.namespace AS namespace, 'Pod' AS kind,
       pod.cluster + '/' + pod.namespace + '/' + pod.name AS told
ORDER BY told, key LIMIT 100
