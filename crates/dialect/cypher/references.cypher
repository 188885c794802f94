MATCH (log:ChangeLog {key: 'changes'})
UNWIND $rows AS row
MERGE (reference:ImageReference {key: row._reference})
SET reference.normalized = row._reference, reference.uuid = row.uuid, reference.touched_at = $now,
    reference.change = log.last
