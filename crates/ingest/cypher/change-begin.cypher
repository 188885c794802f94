// The lock is held until the commit, so that numbers are given in the order of commits.
MERGE (log:ChangeLog {key: 'changes'})
SET log.locked = true
