MATCH (config:ImageConfig {key: $digest})
MATCH (config)<-[reports:REPORTS_CONFIG]-(container:KubeContainer)
WHERE coalesce(reports.until, $never) > $at
RETURN container.key AS container, config.key AS digest
ORDER BY container
