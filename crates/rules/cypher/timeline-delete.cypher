UNWIND $rows AS row
MATCH {{from_row}}
MATCH {{to_row}}
MATCH (from)-[own:{{link}} {rule: row.rule, from: row.begins}]->(to)
DELETE own
