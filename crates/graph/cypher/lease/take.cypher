// The first SET waits for the node's lock, so that what WHERE reads is what the last holder left.
MERGE (lease:Lease {key: 'writer'})
SET lease.renewed_at = datetime.realtime()
WITH lease
WHERE lease.holder IS NULL OR lease.holder = $holder OR lease.expires_at <= datetime.realtime()
SET lease.holder = $holder,
    lease.expires_at = datetime.realtime() + duration({milliseconds: $milliseconds})
RETURN lease.key AS key
