// Jobs that pushed the same bytes under another name.
MATCH (run:PipelineRun {key: $run})
MATCH (run)-[:HAS_JOB]->(job:GitLabJob)
MATCH (job)-[:PUSHED]->(tag:ContainerImageTag)
MATCH (tag)-[:OF_MANIFEST]->(manifest:ImageManifest)
MATCH (manifest)<-[:HAS_MANIFEST*1..2]-(image:ACRImage)
WHERE image.key = $image
RETURN job.key AS key, job.id AS id, job.name AS name, job.stage AS stage, job.status AS status, job.runner AS runner,
       job.started_at AS started_at, job.finished_at AS finished_at, tag.key AS evidence
ORDER BY key, evidence
