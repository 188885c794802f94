//! title    = "Workload runs an image whose signatures are by none of the given keys"
//! finding  = "unverified"
//! severity = "medium"
//! reads    = ["RUNS", "HAS_POD", "HAS_CONTAINER", "HAS_MANIFEST", "ATTESTS", "HOLDS", "CHECKED_WITH", "VERIFIED_BY"]
//! evidence = "image.key"
//
// A key that counts for the image's repository was tried on a signature of it, and none such made a
// signature or attestation of it.
// Only where all that is attached to the images of the registry or the repository has been read since
// the image was seen; else nobody knows. What runs by its name alone is one of several candidates.
MATCH (subject:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[runs:RUNS]->(image:ACRImage)
WHERE container.gone_at IS NULL AND runs.confidence > 0.5
  AND EXISTS { (image)-[:HAS_MANIFEST*1..2]->(:ImageManifest)<-[:ATTESTS]-(signature:Signature)-[tried:CHECKED_WITH]->(key:VerificationKey) WHERE signature.gone_at IS NULL AND tried.until IS NULL AND any(prefix IN coalesce(key.repositories, ['']) WHERE (image.registry + '/' + image.repository + '/') STARTS WITH prefix) }
  AND NOT EXISTS { (image)-[:HAS_MANIFEST*1..2]->(:ImageManifest)<-[:ATTESTS]-(attached)-[verified:VERIFIED_BY]->(key:VerificationKey) WHERE attached.gone_at IS NULL AND verified.until IS NULL AND any(prefix IN coalesce(key.repositories, ['']) WHERE (image.registry + '/' + image.repository + '/') STARTS WITH prefix) }
  AND EXISTS { (image)<-[:HOLDS]-(repository:ContainerRepository) WHERE EXISTS { (source:Source) WHERE source.kind = 'attached' AND source.scope IN [repository.registry, repository.key] AND source.complete_at >= coalesce(image.first_seen, image.pushed_at) } }
