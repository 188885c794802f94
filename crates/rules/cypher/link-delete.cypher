UNWIND $rows AS row
MATCH {{from_row}}
MATCH (from)-[own:{{link}}]->(to)
WHERE {{to_id}} = row.target AND own.rule = $rule
DELETE own
