// From the artifact, which few repositories hold, to the one repository.
MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MATCH (artifact:{{label}} {key: row.key})
MATCH (artifact)<-[holds:HOLDS]-(repository:ContainerRepository {key: row.repository})
SET holds.until = $gone_at, artifact.change = log.last
