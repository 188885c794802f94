//! title    = "Workload runs an image that nobody signed"
//! finding  = "unsigned"
//! severity = "medium"
//! reads    = ["RUNS", "HAS_POD", "HAS_CONTAINER", "HAS_MANIFEST", "ATTESTS", "HOLDS"]
//! evidence = "image.key"
//
// Only where all that is attached to the images of the registry or the repository has been read since
// the image was seen; else nobody knows. What runs by its name alone is one of several candidates.
MATCH (subject:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[runs:RUNS]->(image:ACRImage)
WHERE container.gone_at IS NULL AND runs.confidence > 0.5
  AND NOT EXISTS { (image)-[:HAS_MANIFEST*1..2]->(:ImageManifest)<-[:ATTESTS]-(signature:Signature) WHERE signature.gone_at IS NULL }
  AND EXISTS { (image)<-[:HOLDS]-(repository:ContainerRepository) WHERE EXISTS { (source:Source) WHERE source.kind = 'attached' AND source.scope IN [repository.registry, repository.key] AND source.complete_at >= coalesce(image.first_seen, image.pushed_at) } }
