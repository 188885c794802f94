//! Supply-chain evidence: what is attached to a manifest, by the referrers API, by cosign's tags, by
//! the referrers tag of the OCI specification, or inside an index as BuildKit does.

use polar_model::{Artifact, ArtifactKind, Observation};
use polar_source::SourceError;

use crate::{
    api::Fetched,
    repository::{RepositoryReading, digest_in_tag},
    statement::{self, Statement},
    verdict::{self, Checked},
    wire::Descriptor,
};

/// Media type of what cosign signs.
const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// Layers that are read; a report beyond the bound of a body is a problem.
const STATEMENTS: [&str; 4] = [
    "application/vnd.dsse.envelope",
    "application/vnd.in-toto",
    "application/vnd.dev.sigstore.bundle",
    "application/vnd.dev.sigstore.verificationmaterial",
];

/// A tag that holds what is attached to a manifest.
#[derive(Debug, PartialEq)]
pub(crate) struct Fallback {
    /// Digest of the manifest.
    pub(crate) subject: String,
    /// Whether the tag leads to an index of referrers, not to one of cosign's manifests.
    is_index: bool,
}

impl Fallback {
    /// `sha256-<hex>.sig`, `.att` or `.sbom` as cosign names them; `sha256-<hex>` is the referrers
    /// tag of the OCI distribution specification.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let cosign = [".sig", ".att", ".sbom"]
            .iter()
            .find_map(|suffix| tag.strip_suffix(suffix));
        let subject = digest_in_tag(cosign.unwrap_or(tag))?;
        Some(Self {
            subject,
            is_index: cosign.is_none(),
        })
    }
}

/// Whether a layer of this type makes its manifest a piece of evidence.
pub(crate) fn is_evidence(media_type: &str) -> bool {
    media_type == SIMPLE_SIGNING || STATEMENTS.iter().any(|known| media_type.starts_with(known))
}

/// The manifest that an attestation in an index is about (BuildKit's annotations).
pub(crate) fn buildkit_subject(descriptor: &Descriptor) -> Option<&str> {
    let annotation = |name: &str| descriptor.annotations.get(name).map(String::as_str);
    let is_attestation = annotation("vnd.docker.reference.type") == Some("attestation-manifest");
    annotation("vnd.docker.reference.digest").filter(|_| is_attestation)
}

/// Reads what a fallback tag leads to.
pub(crate) async fn fallback(
    reading: &RepositoryReading<'_>,
    tag: &str,
    fallback: &Fallback,
) -> Result<(), SourceError> {
    let fetched = reading.api.manifest(reading.name, tag).await?;
    if !fallback.is_index {
        return evidence(reading, &fallback.subject, None, &fetched).await;
    }
    for descriptor in fetched.manifest.manifests.unwrap_or_default() {
        manifest(reading, &fallback.subject, &descriptor).await?;
    }
    Ok(())
}

/// Reads a manifest that refers to `subject`.
pub(crate) async fn manifest(
    reading: &RepositoryReading<'_>,
    subject: &str,
    descriptor: &Descriptor,
) -> Result<(), SourceError> {
    let fetched = reading
        .api
        .manifest(reading.name, &descriptor.digest)
        .await?;
    let artifact_type = descriptor.artifact_type.as_deref();
    evidence(reading, subject, artifact_type, &fetched).await
}

/// Hands out what a manifest holds about `subject`.
async fn evidence(
    reading: &RepositoryReading<'_>,
    subject: &str,
    artifact_type: Option<&str>,
    fetched: &Fetched,
) -> Result<(), SourceError> {
    let manifest = &fetched.manifest;
    let config_type = manifest
        .config
        .as_ref()
        .and_then(|config| config.media_type.as_deref());
    let artifact_type = manifest
        .artifact_type
        .as_deref()
        .or(artifact_type)
        .or(config_type);
    let created = manifest.annotations.get("org.opencontainers.image.created");
    let created_at = created.and_then(|at| at.parse().ok());
    // Several attestations can stand in one manifest: each then goes by its own digest.
    let is_alone = manifest.layers.len() < 2;
    let mut signatures: Option<Artifact> = None;
    for layer in &manifest.layers {
        let media_type = layer.media_type.as_deref().unwrap_or_default();
        let Some(held) = kind_of(media_type).or_else(|| kind_of(artifact_type?)) else {
            tracing::debug!(media_type, "attached, and no evidence");
            continue;
        };
        let (found, checked) = read(reading, subject, layer, held).await?;
        let is_signature = found.kind == ArtifactKind::Signature;
        let is_own = is_alone || is_signature;
        let digest = if is_own {
            &fetched.digest
        } else {
            &layer.digest
        };
        let artifact = Artifact {
            kind: found.kind,
            digest: digest.clone(),
            subject: subject.to_owned(),
            registry: Some(reading.options.registry.clone()),
            repository: Some(reading.name.to_owned()),
            artifact_type: found.predicate_type.or_else(|| {
                let said = artifact_type.filter(|said| kind_of(said).is_some());
                Some(said.unwrap_or(media_type).to_owned())
            }),
            created_at,
            builder: found.builder,
            source: found.source,
            commit: found.commit,
            instance: found.built_by.as_ref().map(|by| by.instance.clone()),
            project: found.built_by.as_ref().map(|by| by.project.clone()),
            pipeline: found.built_by.as_ref().and_then(|by| by.pipeline),
            job: found.built_by.as_ref().and_then(|by| by.job),
            vulnerabilities: found.vulnerabilities,
            verified_by: checked.verified_by,
            checked_with: checked.checked_with,
            unverified_reason: checked.reason,
        };
        match &mut signatures {
            _ if !is_signature => {
                reading
                    .sink
                    .observe(Observation::Artifact(artifact))
                    .await?
            }
            // However many signatures there are, the manifest holds them together.
            Some(signatures) => verdict::join(signatures, artifact),
            none @ None => *none = Some(artifact),
        }
    }
    match signatures {
        Some(signatures) => {
            reading
                .sink
                .observe(Observation::Artifact(signatures))
                .await
        }
        None => Ok(()),
    }
}

/// Reads a layer as far as it is needed, and tries the given keys on it.
async fn read(
    reading: &RepositoryReading<'_>,
    subject: &str,
    layer: &Descriptor,
    held: Held,
) -> Result<(Statement, Checked), SourceError> {
    let keys = &reading.options.keys;
    match held {
        Held::Signature if keys.is_empty() => {
            let signature = Statement::of(ArtifactKind::Signature);
            Ok((signature, Checked::default()))
        }
        Held::Signature => {
            let signature = Statement::of(ArtifactKind::Signature);
            if layer.media_type.as_deref() != Some(SIMPLE_SIGNING) {
                return Ok((signature, Checked::unknown_kind()));
            }
            let payload = reading.api.blob(reading.name, &layer.digest).await?;
            let checked = verdict::simple_signing(&payload.body, layer, subject, keys);
            Ok((signature, checked))
        }
        Held::Sbom => Ok((Statement::of(ArtifactKind::Sbom), Checked::default())),
        Held::Report => {
            let reply = reading.api.blob(reading.name, &layer.digest).await?;
            let report = statement::report(&reply.body);
            let report = report.map_err(|reason| reply.unreadable(reason))?;
            Ok((report, Checked::default()))
        }
        Held::Statement => {
            let reply = reading.api.blob(reading.name, &layer.digest).await?;
            let found = statement::read(&reply.body, subject);
            let found = found.map_err(|reason| reply.unreadable(reason))?;
            let checked = verdict::envelope(reading, &reply.body, subject).await?;
            Ok((found, checked))
        }
    }
}

/// What a blob holds, by its media type.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Held {
    Signature,
    Sbom,
    /// An in-toto statement, in whatever envelope.
    Statement,
    /// A scanner's report.
    Report,
}

fn kind_of(media_type: &str) -> Option<Held> {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| media_type.starts_with(prefix));
    if begins(&[
        SIMPLE_SIGNING,
        "application/vnd.dev.cosign.artifact.sig",
        "application/vnd.cncf.notary.signature",
        "application/jose+json",
        "application/cose",
    ]) {
        Some(Held::Signature)
    } else if begins(&STATEMENTS) {
        Some(Held::Statement)
    } else if begins(&["application/sarif", "application/vnd.aquasec.trivy.report"]) {
        Some(Held::Report)
    } else if begins(&[
        "application/spdx",
        "text/spdx",
        "application/vnd.cyclonedx",
        "application/vnd.syft",
        "application/vnd.dev.cosign.artifact.sbom",
    ]) {
        Some(Held::Sbom)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_that_hold_evidence() {
        let hex = "a".repeat(64);
        let subject = format!("sha256:{hex}");
        for suffix in [".sig", ".att", ".sbom"] {
            let found = Fallback::from_tag(&format!("sha256-{hex}{suffix}")).unwrap();
            assert_eq!((&found.subject, found.is_index), (&subject, false));
        }
        let found = Fallback::from_tag(&format!("sha256-{hex}")).unwrap();
        assert_eq!((&found.subject, found.is_index), (&subject, true));
        for tag in ["1.0.sig", "sha256-abc.sig", "sha256", "latest"] {
            assert_eq!(Fallback::from_tag(tag), None, "{tag}");
        }
    }
}
