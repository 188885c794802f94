//! title    = "Registry image in no pipeline's history"
//! finding  = "unbuilt"
//! severity = "medium"
//! reads    = ["RESULTED_IN"]
//! evidence = "subject.key"
//
// Only where a whole GitLab has been read since the image was pushed, or seen first; else nobody
// knows, and there is no finding.
MATCH (subject:ACRImage)
WHERE subject.gone_at IS NULL
  AND NOT EXISTS { (subject)<-[:RESULTED_IN]-(:PipelineRun) }
  AND EXISTS { (source:Source) WHERE source.kind = 'gitlab' AND NOT source.scope CONTAINS '/' AND source.complete_at >= coalesce(subject.pushed_at, subject.first_seen) }
