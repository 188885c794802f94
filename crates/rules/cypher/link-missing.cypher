// Of several matches the least evidence is kept, so that any order of changes leads to the same.
{{start}}MATCH {{pattern}}
WHERE {{condition}} AND NOT EXISTS { (from)-[own:{{link}}]->(to) WHERE own.rule = $rule AND own.evidence <= {{evidence}} }
RETURN {{from_id}} AS source, {{to_id}} AS target, {{evidence}} AS evidence{{names}}
