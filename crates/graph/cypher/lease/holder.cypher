MATCH (lease:Lease {key: 'writer'})
RETURN lease.holder AS holder
