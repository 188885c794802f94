MATCH (run:ProvenanceRun)
RETURN run.key AS key, run.started_at AS started_at, run.finished_at AS finished_at,
       run.created AS created, run.removed AS removed
ORDER BY started_at DESC, key
LIMIT 5
