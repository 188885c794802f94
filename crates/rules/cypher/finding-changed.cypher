// What the rule said when it had another kind or severity, it says anew.
MATCH (own:Finding)-[:CONCERNS]->(subject)
WHERE own.rule = $rule AND (own.kind <> $kind OR own.severity <> $severity)
RETURN own.key AS source, subject.key AS target, own.evidence AS evidence
