MATCH (log:ChangeLog {key: 'changes'})
SET log.last = coalesce(log.last, 0) + 1
