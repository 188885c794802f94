MATCH (image:ACRImage {key: $image})-[:HAS_MANIFEST*1..2]->(manifest:ImageManifest)<-[:ATTESTS]-(attestation:Attestation)-[:CLAIMS]->(job:GitLabJob)
WHERE attestation.gone_at IS NULL
MATCH (job)<-[:HAS_JOB]-(run:PipelineRun {key: $run})
RETURN DISTINCT job.key AS key, job.runner AS runner
ORDER BY key
