MATCH (container:KubeContainer {key: $key})
MATCH (container)-[runs:RUNS]->(image:ACRImage)
RETURN image.key AS key, image.digest AS digest, runs.rule AS rule, runs.evidence AS evidence,
       runs.confidence AS confidence, runs.first_seen AS known
ORDER BY key
