//! title    = "Two tags differ in case alone"
//! finding  = "tag-case-collision"
//! severity = "low"
//! reads    = ["IDENTIFIES"]
//! evidence = "other.key"
//
// Tags are case-sensitive, people and many tools are not. The first of the two in order is told.
MATCH (subject:ImageTag)-[:IDENTIFIES]->(:ImageReference)<-[:IDENTIFIES]-(other:ImageTag)
WHERE subject.key < other.key
