MATCH (image:ACRImage {key: $key})
MATCH (image)<-[resulted:RESULTED_IN]-(run:PipelineRun)
RETURN run.key AS key, run.id AS id, run.ref AS ref, run.status AS status, run.source AS source,
       run.web_url AS web_url, run.created_at AS created_at, run.finished_at AS finished_at,
       resulted.rule AS rule, resulted.evidence AS evidence, resulted.confidence AS confidence,
       resulted.first_seen AS known
ORDER BY key, rule
