//! title    = "Image may have been built from two commits equally well"
//! finding  = "ambiguous-commit"
//! severity = "medium"
//! reads    = ["BUILT_FROM"]
//! evidence = "'commits ' + first.key + ' (' + one.rule + ': ' + one.evidence + ') and ' + second.key + ' (' + two.rule + ': ' + two.evidence + ')'"
//
// The best evidence there is speaks for both.
MATCH (first:GitCommit)<-[one:BUILT_FROM]-(subject:ACRImage)-[two:BUILT_FROM]->(second:GitCommit)
WHERE subject.gone_at IS NULL AND first.key < second.key AND one.confidence = two.confidence
  AND NOT EXISTS { (subject)-[better:BUILT_FROM]->(:GitCommit) WHERE better.confidence > one.confidence }
