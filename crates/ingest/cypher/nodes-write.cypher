MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MERGE (n:{{label}} {key: row.key})
SET n += row.props, n.change = log.last
