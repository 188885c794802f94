//! title    = "Two pipelines may have built the image equally well"
//! finding  = "ambiguous-build"
//! severity = "low"
//! reads    = ["RESULTED_IN"]
//! evidence = "'pipeline ' + first.key + ' (' + one.rule + ') and others'"
//
// The best evidence there is speaks for more than one; the first of them in order is told.
MATCH (subject:ACRImage)<-[one:RESULTED_IN]-(first:PipelineRun)
WHERE subject.gone_at IS NULL
  AND NOT EXISTS { (subject)<-[better:RESULTED_IN]-(:PipelineRun) WHERE better.confidence > one.confidence }
  AND EXISTS { (subject)<-[two:RESULTED_IN]-(second:PipelineRun) WHERE two.confidence = one.confidence AND second.key > first.key }
