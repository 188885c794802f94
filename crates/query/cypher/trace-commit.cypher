MATCH (commit:GitCommit {key: $key})
RETURN commit.title AS title, commit.author_name AS author, commit.committed_at AS committed_at, commit.web_url AS web_url
