MATCH (container:KubeContainer {key: $key})-[runs:RUNS]->(image:ACRImage)
RETURN image.key AS key, image.registry AS registry, image.repository AS repository,
       image.tag AS tag, image.digest AS digest, image.pushed_at AS pushed_at,
       runs.rule AS rule, runs.evidence AS evidence, runs.confidence AS confidence
ORDER BY confidence DESC, key
