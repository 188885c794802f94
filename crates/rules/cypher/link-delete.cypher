// The target is sought in the pattern: the embedded store finds no row's column in a WHERE.
UNWIND $rows AS row
MATCH {{from_row}}
MATCH {{to_row}}
MATCH (from)-[own:{{link}}]->(to)
WHERE own.rule = $rule
DELETE own
