UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)<-[runs:RUNS]-(container:KubeContainer)
RETURN container.key AS container, image.digest AS digest, runs.confidence > 0.5 AS certain
ORDER BY container, digest
