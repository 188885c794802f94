MATCH (image:ACRImage {key: $key})
RETURN image.registry AS registry, image.repository AS repository, image.pushed_at AS pushed_at,
       image.first_seen AS first_seen
