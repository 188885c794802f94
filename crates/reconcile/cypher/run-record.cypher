MERGE (run:ProvenanceRun {key: $key})
ON CREATE SET run.started_at = $started_at, run.finished_at = $finished_at,
              run.created = $created, run.removed = $removed
