UNWIND $rows AS row
MATCH (artifact:{{label}} {key: row.key})
WHERE NOT EXISTS { (artifact)<-[holds:HOLDS]-(:ContainerRepository) WHERE holds.until IS NULL }
SET artifact.gone_at = $gone_at
