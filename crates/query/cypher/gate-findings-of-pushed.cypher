MATCH (image:ACRImage {key: $key})<-[:SAME_AS]-(pushed:ContainerImageTag)
MATCH (pushed)<-[:CONCERNS]-(finding:Finding)
RETURN finding.kind AS kind, finding.evidence AS evidence
ORDER BY kind, evidence
