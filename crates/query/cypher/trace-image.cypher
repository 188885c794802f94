MATCH (image:ACRImage {key: $key})
RETURN image.digest AS digest, image.pushed_at AS pushed_at, image.first_seen AS first_seen, image.gone_at AS gone_at
