//! title    = "Workload runs an image of a commit that nobody else reviewed"
//! finding  = "unreviewed"
//! severity = "high"
//! reads    = ["RUNS", "BUILT_FROM", "REVIEWED", "BROUGHT", "OF_COMMIT", "APPROVED", "HAS_POD", "HAS_CONTAINER"]
//! evidence = """
//!   'commit ' + commit.key + CASE
//!     WHEN size([(commit)<-[brought:BROUGHT]-(request:MergeRequest) WHERE request.state = 'merged' AND brought.until IS NULL | 1]) = 0
//!       THEN ': no merged merge request brought it in'
//!     WHEN size([(commit)<-[brought:BROUGHT]-(request:MergeRequest)<-[approved:APPROVED]-(:GitLabUser) WHERE request.state = 'merged' AND brought.until IS NULL AND approved.until IS NULL | 1]) = 0
//!       THEN ': its merge request was not approved'
//!     WHEN size([(commit)<-[brought:BROUGHT]-(request:MergeRequest)<-[approved:APPROVED]-(user:GitLabUser) WHERE request.state = 'merged' AND brought.until IS NULL AND approved.until IS NULL AND user.username <> coalesce(request.author, '') | 1]) = 0
//!       THEN ': its merge request was approved only by its author'
//!     ELSE ': its branch was pushed after the approval'
//!   END"""
//
// Judged by the best evidence of what the image was built from. What runs by its name alone is one of
// several candidates, and unknown. So is a commit that no GitLab has, or that one has which was not
// read completely since the image was pushed, or seen first.
MATCH (subject:KubeDeployment)-[:HAS_POD]->(:KubePod)-[:HAS_CONTAINER]->(container:KubeContainer)-[runs:RUNS]->(image:ACRImage)-[built:BUILT_FROM]->(commit:GitCommit)
WHERE container.gone_at IS NULL AND runs.confidence > 0.5
  AND NOT EXISTS { (image)-[better:BUILT_FROM]->(:GitCommit) WHERE better.confidence > built.confidence }
  AND NOT EXISTS { (commit)<-[brought:BROUGHT]-(request:MergeRequest)<-[:REVIEWED]-(:GitLabUser) WHERE request.state = 'merged' AND brought.until IS NULL }
  AND EXISTS { (source:Source) WHERE source.kind = 'gitlab' AND NOT source.scope CONTAINS '/' AND source.complete_at >= coalesce(image.pushed_at, image.first_seen) AND (EXISTS { (commit)<-[:OF_COMMIT]-(run:PipelineRun) WHERE run.key STARTS WITH source.scope + '/' } OR EXISTS { (commit)<-[:BROUGHT]-(known:MergeRequest) WHERE known.key STARTS WITH source.scope + '/' }) }
