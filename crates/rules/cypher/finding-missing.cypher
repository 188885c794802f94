{{start}}MATCH {{pattern}}
WHERE {{condition}} AND NOT EXISTS { (own:Finding)-[:CONCERNS]->(subject) WHERE own.rule = $rule AND own.kind = $kind AND own.severity = $severity AND own.evidence <= {{evidence}} }
RETURN {{subject_id}} AS source, subject.key AS target, {{evidence}} AS evidence
