UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)<-[link:RESULTED_IN]-(run:PipelineRun)
WITH image, run, link.first_seen AS first_seen, $since AS since
WHERE first_seen < since
RETURN DISTINCT image.key AS image_key, run.key AS source
