//! title      = "Approval of the merge request counts as a review"
//! link       = "REVIEWED"
//! reads      = ["APPROVED", "BROUGHT"]
//! confidence = 1.0
//! evidence   = "'approved ' + coalesce(left(toString(approved.approved_at), 16) + 'Z', 'at an unknown time')"
//
// It stands, it is not the author's own, and nothing was pushed after it. Where the push has no time
// of the server's, the newest time that its own commits have stands for it. A time that nobody told
// speaks against nothing.
MATCH (from:GitLabUser)-[approved:APPROVED]->(to:MergeRequest)
WHERE approved.until IS NULL
  AND (to.author IS NULL OR from.username <> to.author)
  AND (approved.approved_at IS NULL OR to.pushed_at IS NULL OR approved.approved_at >= to.pushed_at)
  AND NOT EXISTS { (to)-[brought:BROUGHT]->(commit:GitCommit) WHERE to.pushed_at IS NULL AND brought.until IS NULL AND brought.as = 'commit' AND commit.committed_at > approved.approved_at }
