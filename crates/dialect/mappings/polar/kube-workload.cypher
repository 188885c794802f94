//! title       = "Deployments"
//! observation = "kube_workload"
//! labels      = ["KubernetesDeployment"]
//! convert     = { cluster = "cluster", namespace = "text", name = "text" }
//
// A Deployment that is known only as somebody's owner has no name yet.
MATCH (deployment:KubernetesDeployment)
WHERE deployment.name IS NOT NULL
  AND NOT EXISTS { (deployment)-[:TRANSITIONED_TO]->(state:DeploymentState) WHERE state.phase = 'Deleted' }
OPTIONAL MATCH (deployment)-[:IN_NAMESPACE]->(namespace:Namespace)
RETURN coalesce(deployment.cluster_uid, namespace.cluster_uid) AS cluster,
       coalesce(namespace.name, deployment.namespace) AS namespace, 'Deployment' AS kind,
       deployment.name AS name
