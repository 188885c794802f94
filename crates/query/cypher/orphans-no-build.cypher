MATCH (image:ACRImage)
WHERE image.gone_at IS NULL AND NOT EXISTS { (image)<-[:RESULTED_IN]-(:PipelineRun) }
RETURN image.key AS key, coalesce(image.pushed_at, image.first_seen) AS since
ORDER BY key
