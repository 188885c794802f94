{{start}}MATCH (from)-[own:{{link}}]->(to)
WHERE own.rule = $rule
  AND (own.confidence <> $confidence OR NOT EXISTS { {{pattern}} WHERE {{condition}} AND {{evidence}} = own.evidence })
RETURN {{from_id}} AS source, {{to_id}} AS target, own.evidence AS evidence{{names}}
