MATCH (image:ACRImage {key: $key})<-[:HOLDS]-(repository:ContainerRepository)
RETURN repository.key AS repository, repository.registry AS registry
ORDER BY repository
