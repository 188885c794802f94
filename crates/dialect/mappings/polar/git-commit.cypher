//! title       = "Commits"
//! observation = "git_commit"
//! labels      = ["GitRepository"]
//! convert     = { oid = "text", title = "line", committed_at = "seconds" }
//
// The label GitCommit is in both dialects; a repository that contains the commit is Polar's alone.
// Polar calls the time that Git keeps of the commit `authored_time`.
MATCH (:GitRepository)-[:CONTAINS]->(commit:GitCommit)
RETURN DISTINCT commit.oid AS oid, commit.message AS title, commit.authored_time AS committed_at
