MATCH (lease:Lease {key: 'writer'})
WHERE lease.holder = $holder
RETURN lease.key AS key
