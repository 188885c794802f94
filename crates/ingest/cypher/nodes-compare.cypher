// Of a node that is as wanted, its place among the rows is all that comes back.
UNWIND $rows AS row
MATCH (n:{{label}} {key: row[1]})
USING INDEX SEEK n:{{label}}(key)
WITH row[0] AS at, n, {{same}} AS same
RETURN collect(CASE WHEN same THEN at END) AS same,
       collect(CASE WHEN same THEN null ELSE [at, properties(n)] END) AS other
