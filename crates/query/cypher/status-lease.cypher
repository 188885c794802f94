// Expired by the graph's clock, which is the one that counts.
MATCH (lease:Lease {key: 'writer'})
WHERE lease.holder IS NOT NULL
RETURN lease.holder AS holder, lease.renewed_at AS renewed_at, lease.expires_at AS expires_at,
       lease.expires_at <= datetime.realtime() AS expired
