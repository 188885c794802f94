MATCH (own:Finding)
WHERE own.rule = $rule AND NOT EXISTS { (own)-[:CONCERNS]->() }
RETURN own.key AS source, own.key AS target, own.evidence AS evidence
