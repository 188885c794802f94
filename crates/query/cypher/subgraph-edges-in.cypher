UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
MATCH (node)<-[edge]-(other)
RETURN node.key AS key, labels(other)[0] AS other_label, other.key AS other, type(edge) AS type,
       properties(edge) AS properties
