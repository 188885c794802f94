{{start}}MATCH (from)-[own:{{link}}]->(to:{{to_label}})
WHERE own.rule IN $rules
RETURN {{from_id}} AS source, {{to_id}} AS target, from.key AS source_key, to.key AS target_key,
       own.from AS begins, own.until AS until, own.produced_by AS produced_by, own.rule AS rule,
       own.evidence AS evidence, own.confidence AS confidence
