MATCH ()-[link]->()
RETURN type(link) AS type, count(link) AS number
ORDER BY type
