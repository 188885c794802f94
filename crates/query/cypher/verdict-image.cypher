UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
RETURN image.key AS image, image.registry AS registry, image.repository AS repository,
       image.pushed_at AS pushed_at, image.first_seen AS first_seen
ORDER BY image
