MATCH (image:ACRImage {key: $key})<-[resulted:RESULTED_IN]-(run:PipelineRun)
RETURN run.key AS key, run.id AS id, run.ref AS ref, run.status AS status, run.sha AS sha,
       run.web_url AS web_url, resulted.rule AS rule, resulted.evidence AS evidence,
       resulted.confidence AS confidence
ORDER BY confidence DESC, key, rule
