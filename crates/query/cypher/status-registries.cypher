// What GitLab alone knows of its own registry needs no reading of the registry.
MATCH (registry:ContainerRegistry)-[:HAS_REPOSITORY]->(repository:ContainerRepository)
WHERE EXISTS { (repository)-[:HOLDS]->(:ACRImage) }
  AND NOT EXISTS { (repository)<-[:HAS_REPOSITORY]-(:GitLabProject) }
RETURN DISTINCT registry.key AS key
