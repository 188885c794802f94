// Installed charts that name no source and that no registry holds.
MATCH (chart:HelmChart)<-[installs:OF_CHART]-(release:HelmRelease)
WHERE chart.source IS NULL AND installs.until IS NULL AND release.gone_at IS NULL
  AND NOT EXISTS { (chart)<-[:HOLDS]-(:ContainerRepository) }
RETURN DISTINCT chart.key AS chart, release.key AS release
ORDER BY chart, release
