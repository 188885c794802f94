UNWIND $rows AS row
MATCH (pod:KubePod {key: row.key})
RETURN row.id AS id, row.name AS name
ORDER BY id, name
