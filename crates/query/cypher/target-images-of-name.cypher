MATCH (image:ACRImage {repository: $repository})
RETURN image.key AS key, image.registry AS registry, image.repository AS repository, image.tag AS tag,
       image.digest AS digest
ORDER BY key
