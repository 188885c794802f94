// The node stays: deleting it would fail those who wait for its lock.
MATCH (lease:Lease {key: 'writer'})
SET lease.renewed_at = datetime.realtime()
WITH lease
WHERE lease.holder = $holder
SET lease.holder = null, lease.expires_at = null
RETURN lease.key AS key
