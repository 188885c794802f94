MATCH (log:ChangeLog {key: 'changes'})
RETURN log.last AS last
