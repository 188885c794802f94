MATCH (finding:Finding)
RETURN finding.kind AS kind, finding.severity AS severity, count(finding) AS number
