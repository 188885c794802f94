MATCH (image:ACRImage {key: $key})
MATCH (image)<-[runs:RUNS]-(container:KubeContainer)
MATCH (container)<-[:HAS_CONTAINER]-(pod:KubePod)
MATCH (pod)<-[:HAS_POD]-(workload:KubeDeployment)
WHERE container.gone_at IS NULL AND pod.gone_at IS NULL
RETURN container.key AS key, container.name AS container, pod.name AS pod, pod.cluster AS cluster,
       pod.namespace AS namespace, workload.kind AS kind, workload.name AS workload, runs.rule AS rule,
       runs.evidence AS evidence, runs.confidence AS confidence
ORDER BY key, rule
