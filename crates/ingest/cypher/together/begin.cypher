MATCH (log:ChangeLog {key: 'changes'})
WITH log.last AS last
