MATCH (image:ACRImage)-[link:BUILT_FROM]->(commit:GitCommit)
WITH image, commit, link, link.first_seen AS first_seen, $since AS since, $until AS until
WHERE first_seen >= since AND first_seen < until
RETURN image.key AS image_key, commit.key AS source, link.rule AS rule, link.evidence AS evidence,
       link.confidence AS confidence, first_seen
ORDER BY image_key, source, confidence DESC, rule
