UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)-[link:BUILT_FROM]->(commit:GitCommit)
WITH image, commit, link.first_seen AS first_seen, $since AS since
WHERE first_seen < since
RETURN DISTINCT image.key AS image_key, commit.key AS source
