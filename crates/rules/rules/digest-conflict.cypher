//! title    = "Pipeline reports a digest that the registry never had under the tag"
//! finding  = "digest-conflict"
//! severity = "high"
//! reads    = ["PRODUCED", "OF_TAG"]
//! evidence = "subject.digest + ' of pipeline ' + run.key + coalesce(' of ' + run.user, '') + ', ended ' + left(toString(run.finished_at), 16) + 'Z; the registry has ' + image.digest + ' from ' + left(toString(coalesce(image.pushed_at, image.first_seen)), 16) + 'Z'"
//
// The tag pointed to the other digest when the run ended, and still does in a complete reading of
// the registry or the repository after that.
MATCH (run:PipelineRun)-[:PRODUCED]->(subject:ContainerImageTag)-[:OF_TAG]->(:ImageTag)<-[:OF_TAG]-(image:ACRImage)
WHERE image.digest <> subject.digest AND image.gone_at IS NULL
  AND coalesce(image.pushed_at, image.first_seen) <= run.finished_at
  AND NOT EXISTS { (subject)-[:OF_TAG]->(:ImageTag)<-[:OF_TAG]-(same:ACRImage) WHERE same.digest = subject.digest }
  AND EXISTS { (source:Source {kind: 'registry'}) WHERE source.scope IN [subject.registry, subject.registry + '/' + subject.repository] AND source.complete_at >= run.finished_at }
