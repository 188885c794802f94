//! title    = "Workload refers to a digest that its registry does not have"
//! finding  = "unknown-digest"
//! severity = "high"
//! reads    = ["HAS_POD", "HAS_CONTAINER", "REPORTS", "HAS_MANIFEST"]
//! evidence = "manifest.key"
//
// Only where the container's registry or repository has been read completely since it was seen with
// the digest; else nobody knows.
MATCH (subject:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[reports:REPORTS]->(manifest:ImageManifest)
WHERE container.gone_at IS NULL AND reports.until IS NULL
  AND NOT EXISTS { (manifest)<-[:HAS_MANIFEST]-() }
  AND EXISTS { (source:Source) WHERE source.kind = 'registry' AND source.scope IN [container.registry, container.registry + '/' + container.repository] AND source.complete_at >= reports.first_seen }
