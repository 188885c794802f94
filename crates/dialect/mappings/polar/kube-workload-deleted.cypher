//! title       = "Deployments that were deleted"
//! observation = "kube_workload"
//! gone        = true
//! labels      = ["KubernetesDeployment", "DeploymentState"]
//! convert     = { cluster = "cluster", namespace = "text", name = "text" }
//
// Not where the same name is there again.
MATCH (deployment:KubernetesDeployment)
WHERE deployment.name IS NOT NULL
  AND EXISTS { (deployment)-[:TRANSITIONED_TO]->(state:DeploymentState) WHERE state.phase = 'Deleted' }
OPTIONAL MATCH (deployment)-[:IN_NAMESPACE]->(namespace:Namespace)
OPTIONAL MATCH (namespace)<-[:IN_NAMESPACE]-(again:KubernetesDeployment)
WHERE again.name = deployment.name
  AND NOT EXISTS { (again)-[:TRANSITIONED_TO]->(state:DeploymentState) WHERE state.phase = 'Deleted' }
WITH deployment, namespace, count(again) AS living
WHERE living = 0
RETURN coalesce(deployment.cluster_uid, namespace.cluster_uid) AS cluster,
       coalesce(namespace.name, deployment.namespace) AS namespace, 'Deployment' AS kind,
       deployment.name AS name
