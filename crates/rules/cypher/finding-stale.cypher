{{start}}MATCH (own:Finding)-[:CONCERNS]->(subject)
WHERE own.rule = $rule AND NOT EXISTS { {{pattern}} WHERE {{condition}} AND {{evidence}} = own.evidence }
RETURN own.key AS source, subject.key AS target, own.evidence AS evidence
