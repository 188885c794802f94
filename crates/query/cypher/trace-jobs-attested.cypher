MATCH (run:PipelineRun {key: $run})
MATCH (run)-[:HAS_JOB]->(job:GitLabJob)
MATCH (job)<-[:CLAIMS]-(attestation:Attestation)
MATCH (attestation)-[:ATTESTS]->(manifest:ImageManifest)
MATCH (manifest)<-[:HAS_MANIFEST*1..2]-(image:ACRImage)
WHERE image.key = $image AND attestation.gone_at IS NULL
RETURN job.key AS key, job.id AS id, job.name AS name, job.stage AS stage, job.status AS status, job.runner AS runner,
       job.started_at AS started_at, job.finished_at AS finished_at, 'attestation ' + attestation.key AS evidence
ORDER BY key, evidence
