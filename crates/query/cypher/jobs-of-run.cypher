MATCH (run:PipelineRun {key: $run})-[:HAS_JOB]->(job:GitLabJob)-[:PUSHED]->(tag:ContainerImageTag)-[:SAME_AS]->(image:ACRImage)
WHERE image.key = $image
RETURN DISTINCT job.id AS id, job.name AS name, job.runner AS runner, job.finished_at AS finished_at
ORDER BY id
