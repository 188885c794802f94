// The first SET waits for the node's lock, so that what WHERE reads is what the last holder left.
MATCH (lease:Lease {key: 'writer'})
SET lease.renewed_at = datetime.realtime()
WITH lease
WHERE lease.holder = $holder
SET lease.expires_at = datetime.realtime() + duration({milliseconds: $milliseconds})
RETURN lease.key AS key
