MATCH (cluster:KubeCluster)
RETURN cluster.key AS key
