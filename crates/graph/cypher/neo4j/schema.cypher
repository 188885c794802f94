SHOW INDEXES YIELD type, labelsOrTypes, properties, owningConstraint, entityType
WHERE entityType = 'NODE' AND type = 'RANGE' AND size(properties) = 1
RETURN labelsOrTypes[0] AS label, properties[0] AS property, owningConstraint IS NOT NULL AS unique
ORDER BY label, property
