//! What is known of labels beyond the rules: whose nodes name images, and who would know of them.

/// Nodes that carry an image's name in `registry`, `repository`, `tag` and `digest`, or as it was written
/// in `image`.
pub(crate) const NAMING: [&str; 4] = ["ACRImage", "ContainerImageTag", "KubeContainer", "ImageTag"];

/// Those among which candidates are sought, by their repository, which is indexed.
pub(crate) const SOUGHT: [&str; 2] = ["ACRImage", "ContainerImageTag"];

/// Which kind of source tells of nodes of a label, and whether its scopes are named like registries.
const TELLERS: &[(&str, &str, bool)] = &[
    ("ACRImage", "registry", true),
    ("ImageManifest", "registry", true),
    ("ImageConfig", "registry", true),
    ("Signature", "attached", true),
    ("Attestation", "attached", true),
    ("Scan", "attached", true),
    ("Sbom", "attached", true),
    ("ContainerImageTag", "gitlab", false),
    ("PipelineRun", "gitlab", false),
    ("GitCommit", "gitlab", false),
    ("CommitPrefix", "gitlab", false),
    ("MergeRequest", "gitlab", false),
    ("GitLabUser", "gitlab", false),
    ("KubeContainer", "kubernetes", false),
    ("KubePod", "kubernetes", false),
    ("KubeDeployment", "kubernetes", false),
];

/// The kind of source that tells of a label's nodes.
pub(crate) fn teller(label: &str) -> Option<&'static str> {
    let known = TELLERS.iter().find(|(known, ..)| *known == label);
    known.map(|(_, kind, _)| *kind)
}

/// The kind of source that a condition asks for, as in `kind = 'registry'`.
pub(crate) fn asked_for(condition: &str) -> Option<&'static str> {
    let named = |kind: &&str| condition.contains(&format!("'{kind}'"));
    let is_source = condition.contains(":Source");
    let kinds = TELLERS.iter().map(|(_, kind, _)| *kind);
    kinds.filter(|_| is_source).find(named)
}

/// Whether the scopes of a kind of source are registries and repositories in them.
pub(crate) fn reads_registries(kind: &str) -> bool {
    TELLERS
        .iter()
        .any(|(_, known, by_registry)| *known == kind && *by_registry)
}
