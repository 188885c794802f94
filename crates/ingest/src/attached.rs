//! Observations of what is attached to a manifest: signatures, attestations, scans, bills of materials.

use std::collections::BTreeMap;

use polar_model::{Artifact, ArtifactKind, EdgeType, Label, Value, VerificationKey};

use crate::{EdgeFact, Facts, NodeId, batch::UNTIL};

/// The labels that an artifact can have.
pub(crate) const LABELS: [Label; 4] = [
    Label::Signature,
    Label::Attestation,
    Label::Scan,
    Label::Sbom,
];

pub(crate) fn artifact(f: &mut Facts, o: &Artifact) {
    let label = match o.kind {
        ArtifactKind::Signature => Label::Signature,
        ArtifactKind::Attestation => Label::Attestation,
        ArtifactKind::Scan => Label::Scan,
        ArtifactKind::Sbom => Label::Sbom,
    };
    let number = |severity: &str| o.vulnerabilities.get(severity).copied().into();
    let artifact = f.node(
        label,
        &o.digest,
        [
            ("digest", (&o.digest).into()),
            ("artifact_type", o.artifact_type.clone().into()),
            ("created_at", o.created_at.into()),
            ("builder", o.builder.clone().into()),
            ("source", o.source.clone().into()),
            ("critical", number("critical")),
            ("high", number("high")),
            ("medium", number("medium")),
            ("low", number("low")),
        ],
    );
    let reason = o.unverified_reason.clone();
    f.seen_whole(&artifact, [("unverified_reason", reason.into())]);
    let subject = f.manifest(&o.subject);
    f.edge(EdgeType::Attests, &artifact, &subject);
    if let Some(oid) = &o.commit {
        let commit = f.commit(oid);
        f.edge(EdgeType::Claims, &artifact, &commit);
    }
    if let (Some(instance), Some(project)) = (&o.instance, &o.project) {
        if let Some(id) = o.pipeline {
            let run = f.pipeline(instance, project, id);
            f.edge(EdgeType::Claims, &artifact, &run);
        }
        if let Some(id) = o.job {
            let job = f.job(instance, project, id);
            f.edge(EdgeType::Claims, &artifact, &job);
        }
    }
    if let (Some(registry), Some(repository)) = (&o.registry, &o.repository) {
        let repository = f.repository(registry, repository);
        f.edges.push(EdgeFact {
            edge: EdgeType::Holds,
            from: repository,
            to: artifact.clone(),
            // It was held no longer, perhaps, and is held now.
            props: BTreeMap::from([(UNTIL, Value::Null)]),
        });
    }
    // A key that is no longer given is in neither list: what it said holds no longer.
    for (edge, keys) in [
        (EdgeType::VerifiedBy, &o.verified_by),
        (EdgeType::CheckedWith, &o.checked_with),
    ] {
        f.all_from(&artifact, edge, Label::VerificationKey);
        for key in keys {
            let key = verification_key(f, key);
            f.edge(edge, &artifact, &key);
        }
    }
}

fn verification_key(f: &mut Facts, key: &VerificationKey) -> NodeId {
    let prefixes = key.repositories.iter().map(|prefix| prefix.as_str().into());
    let prefixes: Vec<Value> = prefixes.collect();
    let props = [("fingerprint", (&key.fingerprint).into())];
    let node = f.node(Label::VerificationKey, &key.fingerprint, props);
    let prefixes = if prefixes.is_empty() {
        Value::Null
    } else {
        prefixes.into()
    };
    f.seen_whole(
        &node,
        [
            ("name", key.name.clone().into()),
            ("repositories", prefixes),
        ],
    );
    node
}
