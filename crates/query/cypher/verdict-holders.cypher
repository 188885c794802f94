UNWIND $rows AS row
MATCH (image:ACRImage {key: row.key})
MATCH (image)<-[:HOLDS]-(repository:ContainerRepository)
RETURN image.key AS image, repository.key AS repository, repository.registry AS registry
ORDER BY image, repository
