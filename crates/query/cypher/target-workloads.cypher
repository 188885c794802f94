// A bare pod is found as a pod.
MATCH (workload:KubeDeployment {name: $name})
WHERE workload.kind <> 'Pod'
RETURN workload.key AS key, split(workload.key, '/')[0] AS cluster, split(workload.key, '/')[1] AS namespace,
       workload.kind AS kind, workload.key AS told
ORDER BY key LIMIT 100
