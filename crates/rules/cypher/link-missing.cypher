MATCH {{pattern}}
WHERE {{condition}} AND NOT EXISTS { (from)-[own:{{link}}]->(to) WHERE own.rule = $rule }
RETURN {{from_id}} AS source, {{to_id}} AS target, {{evidence}} AS evidence
