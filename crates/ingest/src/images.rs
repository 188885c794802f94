//! Observations that name images: each name is linked to its `ImageReference`.

use jiff::Timestamp;
use polar_model::{
    Basis, EdgeType, ImageManifest, KubePod, Label, PipelineImage, RegistryImage, Value,
};
use polar_normalize::{ImageRef, Options, Uuid, parse};

use crate::{
    Facts, NodeId,
    facts::{FIRST_SEEN, PUSHED_AT, PUSHES, SHORT_SHA},
};

impl Facts {
    /// Links a node to the reference `form`.
    fn identifies(&mut self, node: &NodeId, form: &str, uuid: Uuid) {
        let reference = self.node(
            Label::ImageReference,
            form,
            [
                ("normalized", form.into()),
                ("uuid", uuid.to_string().into()),
            ],
        );
        self.edge(EdgeType::Identifies, node, &reference);
        self.references.push(form.to_owned());
    }

    /// Says under which tag a node's image goes. The tag is a node of its own, since the join key
    /// does not tell case.
    fn of_tag(&mut self, node: &NodeId, reference: &ImageRef) {
        let (Some(form), Some(uuid)) = (reference.tag_form(), reference.tag_uuid()) else {
            return;
        };
        let key = exact(reference.name(), reference.tag(), None);
        let tag = self.node(Label::ImageTag, key, name_props(reference, None));
        self.identifies(&tag, &form, uuid);
        self.edge(EdgeType::OfTag, node, &tag);
    }

    /// Reads a reference as written; notes it if it cannot be joined.
    fn reference(&mut self, image: &str, options: &Options) -> Result<ImageRef, String> {
        let reason = match parse(image, options) {
            // It means the node it was used on, and must not join what other nodes mean by it.
            Ok(reference) if reference.host_relative() => "host-relative".to_owned(),
            Ok(reference) => return Ok(reference),
            Err(error) => {
                let code = error.code().to_owned();
                self.unresolvable
                    .push((image.to_owned(), error.to_string()));
                return Err(code);
            }
        };
        let why = format!("{reason}: `{image}` means the node it runs on, and joins nothing");
        self.unresolvable.push((image.to_owned(), why));
        Err(reason)
    }
}

/// `registry/repository[:tag][@digest]`, the tag in its exact case.
fn exact(name: &str, tag: Option<&str>, digest: Option<&str>) -> String {
    let tag = tag.map(|tag| format!(":{tag}")).unwrap_or_default();
    let digest = digest
        .map(|digest| format!("@{digest}"))
        .unwrap_or_default();
    format!("{name}{tag}{digest}")
}

/// The name parts of a reference as properties.
fn name_props(reference: &ImageRef, digest: Option<&str>) -> [(&'static str, Value); 4] {
    [
        ("registry", reference.registry().into()),
        ("repository", reference.repository().into()),
        ("tag", reference.tag().into()),
        ("digest", digest.into()),
    ]
}

/// The abbreviated object id in a tag such as `8b8d353c` or `main-8b8d353c`, as GitLab abbreviates
/// (`CI_COMMIT_SHORT_SHA`, eight digits). Digits alone are taken for a date.
fn short_sha(tag: &str) -> Option<&str> {
    let is_one = |word: &&str| {
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        (SHORT_SHA..=40).contains(&word.len())
            && word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
            && (1..word.len()).contains(&digits)
    };
    let word = tag.split(['-', '_', '.']).find(is_one)?;
    word.get(..SHORT_SHA)
}

fn is_object_id(text: &str) -> bool {
    [40, 64].contains(&text.len()) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

pub(crate) fn pipeline_image(f: &mut Facts, o: &PipelineImage, options: &Options) {
    let run = f.pipeline(&o.instance, &o.project, o.pipeline);
    let tag = match f.reference(&o.image, options) {
        Ok(reference) => {
            let digest = reference.digest().or(o.digest.as_deref());
            let key = exact(reference.name(), reference.tag(), digest);
            let props = name_props(&reference, digest);
            let tag = f.node(Label::ContainerImageTag, key, props);
            match (reference.tag_form(), reference.tag_uuid()) {
                (Some(form), Some(uuid)) => f.identifies(&tag, &form, uuid),
                _ => f.identifies(&tag, &reference.primary(), reference.primary_uuid()),
            }
            f.of_tag(&tag, &reference);
            if let Some(digest) = digest {
                let manifest = f.manifest(digest);
                f.edge(EdgeType::OfManifest, &tag, &manifest);
            }
            tag
        }
        Err(code) => {
            let props = [("image", (&o.image).into()), ("image_error", code.into())];
            f.node(Label::ContainerImageTag, &o.image, props)
        }
    };
    let (edge, is_reported) = match o.basis {
        Basis::Reported => (EdgeType::Produced, true),
        Basis::TagTime => (EdgeType::RanDuring, false),
    };
    let evidence = [("evidence", o.evidence.clone().into())];
    f.edge_with(edge, &run, &tag, evidence);
    if let Some(id) = o.job {
        let job = f.job(&o.instance, &o.project, id);
        f.edge(EdgeType::HasJob, &run, &job);
        if is_reported {
            f.edge(EdgeType::Pushed, &job, &tag);
        }
    }
}

pub(crate) fn registry_image(f: &mut Facts, o: &RegistryImage, options: &Options) {
    let written = format!("{}/{}:{}@{}", o.registry, o.repository, o.tag, o.digest);
    let by_tag = format!("{}/{}:{}", o.registry, o.repository, o.tag);
    let parsed = f.reference(&written, options).and_then(|digested| {
        f.reference(&by_tag, options)
            .map(|tagged| (digested, tagged))
    });
    let repository = f.repository(&o.registry, &o.repository);
    match parsed {
        Ok((digested, tagged)) => {
            let key = exact(tagged.name(), tagged.tag(), digested.digest());
            let image = f.node(Label::AcrImage, key, name_props(&tagged, digested.digest()));
            f.seen(
                &image,
                [
                    (PUSHED_AT, o.pushed_at.into()),
                    (PUSHES, o.pushed_at.map(|at| vec![at.into()]).into()),
                    (FIRST_SEEN, o.seen_at.into()),
                ],
            );
            if let Some(prefix) = short_sha(&o.tag) {
                let prefix = f.node(Label::CommitPrefix, prefix, []);
                f.edge(EdgeType::TaggedWith, &image, &prefix);
            }
            f.edge(EdgeType::Holds, &repository, &image);
            // A registry answers to both names: by tag and by digest.
            f.identifies(&image, &tagged.primary(), tagged.primary_uuid());
            f.identifies(&image, &digested.primary(), digested.primary_uuid());
            f.of_tag(&image, &tagged);
            let manifest = f.manifest(&o.digest);
            f.edge(EdgeType::HasManifest, &image, &manifest);
        }
        Err(code) => {
            let props = [
                ("image", written.as_str().into()),
                ("image_error", code.into()),
            ];
            let image = f.node(Label::AcrImage, &written, props);
            f.seen(&image, []);
            f.edge(EdgeType::Holds, &repository, &image);
        }
    }
}

pub(crate) fn manifest(f: &mut Facts, o: &ImageManifest) {
    let platform = o.platform.as_ref().map(|platform| {
        let parts = [&platform.os, &platform.architecture];
        let parts = parts.into_iter().chain(&platform.variant);
        parts.map(String::as_str).collect::<Vec<_>>().join("/")
    });
    let label = |name: &str| o.labels.get(name).cloned();
    let revision = label("org.opencontainers.image.revision");
    let (kind, key) = f.manifest(&o.digest);
    let manifest = f.node(
        kind,
        key,
        [
            ("media_type", o.media_type.clone().into()),
            ("platform", platform.into()),
            ("config_digest", o.config_digest.clone().into()),
            ("revision", revision.clone().into()),
            ("source", label("org.opencontainers.image.source").into()),
            ("created_at", o.created_at.into()),
        ],
    );
    if let Some(oid) = revision.filter(|oid| is_object_id(oid)) {
        let commit = f.commit(&oid);
        f.edge(EdgeType::Claims, &manifest, &commit);
    }
    if let Some(digest) = &o.config_digest {
        let config = f.config(digest);
        f.edge(EdgeType::HasConfig, &manifest, &config);
    }
    for digest in &o.manifests {
        let child = f.manifest(digest);
        f.edge(EdgeType::HasManifest, &manifest, &child);
    }
}

pub(crate) fn pod(f: &mut Facts, o: &KubePod, options: &Options) {
    let (kind, name) = match &o.workload {
        Some(owner) => (owner.kind.as_str(), owner.name.as_str()),
        None => ("Pod", o.name.as_str()),
    };
    let workload = f.workload(&o.cluster, &o.namespace, kind, name);
    if o.workload.is_none() {
        f.seen(&workload, []);
    }
    let owners = o
        .owners
        .iter()
        .map(|owner| format!("{}/{}", owner.kind, owner.name));
    let owners = owners.collect::<Vec<_>>().join(" < ");
    let pod = f.node(
        Label::KubePod,
        format!("{}/{}", o.cluster, o.uid),
        [
            ("name", (&o.name).into()),
            ("namespace", (&o.namespace).into()),
            ("cluster", (&o.cluster).into()),
            ("node", o.node.clone().into()),
            ("phase", o.phase.clone().into()),
            ("started_at", o.started_at.into()),
            ("owners", (!owners.is_empty()).then_some(owners).into()),
        ],
    );
    f.seen(&pod, []);
    f.edge(EdgeType::HasPod, &workload, &pod);
    for container in &o.containers {
        let key = format!("{}/{}/{}", o.cluster, o.uid, container.name);
        let node = f.node(
            Label::KubeContainer,
            key,
            [
                ("name", (&container.name).into()),
                ("image", (&container.image).into()),
                ("image_id", container.image_id.clone().into()),
                ("init", container.init.into()),
                ("ephemeral", container.ephemeral.then_some(true).into()),
            ],
        );
        f.seen(&node, []);
        f.edge(EdgeType::HasContainer, &pod, &node);
        container_image(f, &node, container, o.seen_at, options);
    }
}

fn container_image(
    f: &mut Facts,
    node: &NodeId,
    container: &polar_model::Container,
    seen_at: Option<Timestamp>,
    options: &Options,
) {
    // A container can be given another image in place, and can come back with other bytes under the
    // same tag: each observation tells all that holds now.
    f.all_from(node, EdgeType::Identifies, Label::ImageReference);
    f.all_from(node, EdgeType::Reports, Label::ImageManifest);
    f.all_from(node, EdgeType::ReportsConfig, Label::ImageConfig);
    f.all_from(node, EdgeType::OfTag, Label::ImageTag);
    let reference = match f.reference(&container.image, options) {
        Ok(reference) => reference,
        Err(code) => {
            let unknown = [("digest", Value::Null), ("image_error", code.into())];
            f.seen_whole(node, unknown);
            return;
        }
    };
    f.identifies(node, &reference.primary(), reference.primary_uuid());
    // Beside a digest a tag says nothing.
    if reference.digest().is_none() {
        f.of_tag(node, &reference);
    }
    let id = container.image_id.as_deref().unwrap_or_default();
    // `repository@digest` is a manifest or an index; a bare digest is taken for a config's alone.
    let (reported, config) = match parse(id, options) {
        Ok(id) => (id.digest().map(str::to_owned), None),
        Err(error) => (None, error.digest().map(str::to_owned)),
    };
    let pinned = reference.digest().map(str::to_owned);
    for digest in [&reported, &pinned].into_iter().flatten() {
        let manifest = f.manifest(digest);
        f.edge_with(
            EdgeType::Reports,
            node,
            &manifest,
            [(FIRST_SEEN, seen_at.into())],
        );
    }
    if let Some(digest) = &config {
        let config = f.config(digest);
        f.edge(EdgeType::ReportsConfig, node, &config);
    }
    f.seen_whole(
        node,
        [
            ("registry", reference.registry().into()),
            ("repository", reference.repository().into()),
            ("digest", reported.or(pinned).into()),
            ("image_error", Value::Null),
        ],
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviated_object_ids_in_tags() {
        for (tag, wanted) in [
            ("8b8d353c", Some("8b8d353c")),
            ("main-8b8d353c", Some("8b8d353c")),
            ("8b8d353c5ed1547e1db8c76b2f3deeafff04f0ed", Some("8b8d353c")),
            ("20261118", None),
            ("8b8d353", None),
            ("8B8D353C", None),
            ("1.4.0", None),
            ("deadbeef", None),
        ] {
            assert_eq!(short_sha(tag), wanted, "{tag}");
        }
    }
}
