MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MATCH (node:{{label}} {key: row.key})
SET node.gone_at = $gone_at, node.change = log.last
