// A registry that tells no time of its own is told by when the image was seen.
MATCH (image:ACRImage)
WITH image, coalesce(image.first_seen, image.pushed_at) AS appeared, image.gone_at AS gone_at,
     $since AS since, $until AS until
WHERE (appeared >= since AND appeared < until) OR (gone_at >= since AND gone_at < until)
RETURN image.key AS key, appeared, gone_at
ORDER BY key
