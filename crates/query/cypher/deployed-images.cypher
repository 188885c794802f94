MATCH (commit:GitCommit {key: $key})
MATCH (commit)<-[built:BUILT_FROM]-(image:ACRImage)
RETURN image.key AS key, built.rule AS rule, built.evidence AS evidence, built.confidence AS confidence
ORDER BY key, rule
