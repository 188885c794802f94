MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
{{make}} (n:{{label}} {key: row.key})
SET n += row.props, n.change = log.last
