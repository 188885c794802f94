//! title    = "Container's image cannot be joined to a registry's"
//! finding  = "unresolvable-image"
//! severity = "low"
//! reads    = []
//! evidence = "subject.image_error"
//
// The reference is malformed, or means the node it runs on (localhost) and never joins across nodes.
MATCH (subject:KubeContainer)
WHERE subject.image_error IS NOT NULL AND subject.gone_at IS NULL
